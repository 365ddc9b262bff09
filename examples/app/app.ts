import { openClient, ProblemError } from 'nightshift/client';
import type { Jobs } from './jobs.ts';

const { NIGHTSHIFT_URL = 'http://localhost:2300', NIGHTSHIFT_KEY, DATABASE_URL } = process.env;
const nightshift = openClient<Jobs>({
  url: NIGHTSHIFT_URL,
  ...(NIGHTSHIFT_KEY && { key: NIGHTSHIFT_KEY }),
});

await enqueueAndWait();
await watch();
await refuse();
if (DATABASE_URL) await enqueueWithAnOrder(DATABASE_URL);

/** Hands over work and waits for its result, whose type comes from the server. */
async function enqueueAndWait(): Promise<void> {
  const id = await nightshift.enqueue('mail-triage', { mailbox: 'sample', limit: 20 });
  const { state, result } = await nightshift.wait<'mail-triage'>(id);
  console.log(`waited: ${state}, of ${result?.mailbox}`);
}

/** Looks on while a run is worked on. */
async function watch(): Promise<void> {
  const id = await nightshift.enqueue('mail-triage', { mailbox: 'sample', limit: 20 });
  const seen = new Set<string>();
  for await (const event of nightshift.stream(id)) seen.add(event.type);
  console.log(`streamed: ${[...seen].sort().join(' ')}`);
}

/** A refusal says what is wrong, by a code that a program understands. */
async function refuse(): Promise<void> {
  try {
    await nightshift.enqueue('mail-triage', { mailbox: '' });
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    console.log(`refused: ${error.code}`);
  }
}

/** An order and the run that is to follow it: both are there, or neither. */
async function enqueueWithAnOrder(connectionString: string): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query('create temporary table orders (id int)');
    await client.query('begin');
    await client.query('insert into orders values (7)');
    const id = await nightshift.enqueueIn(client, 'mail-triage', { mailbox: 'sample' });
    await client.query('commit');
    const { state } = await nightshift.wait(id, { timeoutMs: 60_000 });
    console.log(`in a transaction: ${state}`);
  } finally {
    await client.end();
  }
}
