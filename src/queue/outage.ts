const codes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
]);

/** What ioredis says of a connection that is gone, without a code. */
const messages =
  /^(Connection is closed|Connection is in|Socket timeout|Reached the max retries|Stream isn't writeable|connect ETIMEDOUT)/;

/** True of what a queue or worker says only because its server is away, which is told by the connection itself. */
export function saysServerIsAway(error: Error): boolean {
  const { code = '' } = error as { code?: string };
  return codes.has(code) || messages.test(error.message);
}
