import { error, type Finding, warning } from './findings.ts';
import type { Reading } from './readings.ts';
import type { VariableName } from './variables.ts';

type Lookup = (name: VariableName) => Reading;

/** A rule between variables: what it finds, or nothing. */
type Rule = (get: Lookup) => Finding | undefined;

/** What is wrong with each variable by itself, and what then is wrong between them. */
export function checkReadings(readings: readonly Reading[]): Finding[] {
  const byName = new Map(readings.map((reading) => [reading.variable.name, reading]));
  const own = readings.flatMap(({ variable, shown, fault }) =>
    fault === undefined ? [] : [error(variable.name, `"${shown}" ${fault}`)],
  );
  const between = rules.map((rule) => rule((name) => byName.get(name)!));
  return [...own, ...between.filter((finding) => finding !== undefined)];
}

const rules: readonly Rule[] = [
  redisNeedsDatabase,
  heartbeatFitsDetection,
  inlineFitsLimit,
  folderIsUsed,
  connectionsAreUsed,
  directNeedsDatabase,
  apiIsPrivate,
  tlsIsWhole,
];

function redisNeedsDatabase(get: Lookup) {
  const redis = get('REDIS_URL');
  if (redis.text === undefined || get('DATABASE_URL').text !== undefined) return undefined;
  return error(
    'REDIS_URL',
    `"${redis.shown}" needs DATABASE_URL beside it: Redis carries the queues of many machines, and PostgreSQL keeps their runs. Set DATABASE_URL, or take REDIS_URL away to run embedded.`,
  );
}

function heartbeatFitsDetection(get: Lookup) {
  const heartbeat = get('NIGHTSHIFT_HEARTBEAT');
  const detection = get('NIGHTSHIFT_DETECTION');
  if (heartbeat.value === undefined || detection.value === undefined) return undefined;
  if ((heartbeat.value as number) * 3000 <= (detection.value as number)) return undefined;
  return error(
    'NIGHTSHIFT_HEARTBEAT',
    `"${heartbeat.shown}" is more than a third of NIGHTSHIFT_DETECTION (${detection.shown}), so that one late heartbeat would count as a death; write ${(heartbeat.value as number) * 3}s or more there, or less here.`,
  );
}

function inlineFitsLimit(get: Lookup) {
  const inline = get('NIGHTSHIFT_RESULT_INLINE');
  const limit = get('NIGHTSHIFT_RESULT_LIMIT');
  if (inline.value === undefined || limit.value === undefined) return undefined;
  if ((inline.value as number) <= (limit.value as number)) return undefined;
  return error(
    'NIGHTSHIFT_RESULT_INLINE',
    `"${inline.shown}" is more than NIGHTSHIFT_RESULT_LIMIT (${limit.shown}), so that nothing would go to the archive; write less here, or more there.`,
  );
}

function folderIsUsed(get: Lookup) {
  if (!isSet(get('NIGHTSHIFT_DATA')) || !isSet(get('DATABASE_URL'))) return undefined;
  if (!isSet(get('NIGHTSHIFT_ARCHIVE'))) return undefined;
  return warning(
    'NIGHTSHIFT_DATA',
    'has no effect, because DATABASE_URL and NIGHTSHIFT_ARCHIVE are set and keep everything.',
  );
}

function connectionsAreUsed(get: Lookup) {
  if (!isSet(get('NIGHTSHIFT_DATABASE_CONNECTIONS')) || isSet(get('DATABASE_URL')))
    return undefined;
  return warning('NIGHTSHIFT_DATABASE_CONNECTIONS', 'has no effect without DATABASE_URL.');
}

function directNeedsDatabase(get: Lookup) {
  const direct = get('DATABASE_DIRECT_URL');
  if (direct.text === undefined || get('DATABASE_URL').text !== undefined) return undefined;
  return error(
    'DATABASE_DIRECT_URL',
    `"${direct.shown}" needs DATABASE_URL beside it: it is the way past a pooler that DATABASE_URL leads to. Without a pooler set DATABASE_URL alone.`,
  );
}

function apiIsPrivate(get: Lookup) {
  const host = get('NIGHTSHIFT_HOST');
  if (host.text === undefined || /^(127\.[\d.]+|::1|localhost)$/.test(host.text)) return undefined;
  return warning(
    'NIGHTSHIFT_HOST',
    `"${host.shown}" lets other machines reach the API, and keys go over the wire as they are; put a proxy that speaks TLS in front, or publish it to 127.0.0.1 only.`,
  );
}

/** True when a person set it, as opposed to a profile or a default. */
function isSet({ source }: Reading): boolean {
  return source === 'environment' || source === '.env';
}

function tlsIsWhole(get: Lookup) {
  const cert = get('NIGHTSHIFT_TLS_CERT');
  const key = get('NIGHTSHIFT_TLS_KEY');
  if ((cert.text === undefined) === (key.text === undefined)) return undefined;
  const [set, missing] = cert.text === undefined ? [key, cert] : [cert, key];
  return error(
    set.variable.name,
    `"${set.shown}" needs ${missing.variable.name} beside it: HTTPS takes a certificate and its key. Set both, or neither.`,
  );
}
