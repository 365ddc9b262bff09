import { atLeast, atMost, type Goal, notMeasured, type ReportRow } from '../support/report.ts';
import { median } from './contest.ts';
import { openGround } from './ground.ts';
import { type Answered, type Asked, type Felt, requestOf } from './http/asking.ts';
import { drive } from './http/drive.ts';
import { bundledNoOp, noOp } from './http/no-op.ts';
import { openPeer, openSite, type Site, startSiteProcess } from './http/site.ts';
import { payload } from './load.ts';
import type { PartOptions, PartReport } from './part.ts';

/** The API by real sockets: accepting as fast as it goes, and many connections that ask by the clock. */
export async function measureHttp(options: PartOptions): Promise<PartReport> {
  const reports = [
    await measureAccepting(options),
    await measureReads(options),
    await measureMixed(options),
  ];
  return {
    rows: reports.flatMap(({ rows }) => rows),
    goals: reports.flatMap(({ goals }) => goals),
  };
}

const newRun = { job: noOp.name, payload };

/** Runs of 1 KB over 50 connections, each sending its next as soon as its last was answered. */
async function measureAccepting({ isQuick, size: asked }: PartOptions): Promise<PartReport> {
  const [size, rounds] = isQuick ? [asked ?? 3000, 3] : [asked ?? 20_000, 5];
  await using stack = new AsyncDisposableStack();
  const ground = await openGround(stack);
  const site = await openSite(ground, stack);
  const bundled = { ...site, name: `${site.name}, in bundles`, job: bundledNoOp.name };
  const sites = [site, await openPeer(ground, stack), bundled];
  const samples = sites.map((): Answered[] => []);
  for (let round = 0; round <= rounds; round++)
    for (const [i, site] of sites.entries()) {
      const answered = await drive({
        port: site.port,
        connections: 50,
        size,
        asked: [
          requestOf('enqueue', '/api/v1/runs', { ...site, body: { job: site.job, payload } }),
        ],
      });
      requireNoErrors(answered);
      await site.settle(size);
      if (round > 0) samples[i]!.push(answered); // the first round only warms up
    }
  const rates = samples.map((some) => median(some.map(({ ms }) => (size / ms) * 1000)));
  return {
    rows: sites.map(({ name }, i) => ({
      part: 'http',
      what: name,
      connections: 50,
      requests: size,
      rounds,
      'requests/s': Math.round(rates[i]!),
      'p50 ms': median(samples[i]!.map(({ all }) => all.p50)).toFixed(1),
      'p99 ms': median(samples[i]!.map(({ all }) => all.p99)).toFixed(1),
    })),
    goals: [
      atLeast('durable POST /api/v1/runs vs Fastify + queue.add', rates[0]! / rates[1]!, 0.5),
    ],
  };
}

function requireNoErrors({ all, faults }: Answered): void {
  if (all.errors > 0) throw new Error(`${all.errors} requests failed: ${faults.join('; ')}`);
}

const many = 1000;

const readsPerSecond = 250;

/** Each of 1,000 connections asks every four seconds: for a run, or for the newest of them. */
async function measureReads({ isQuick }: PartOptions): Promise<PartReport> {
  const seconds = isQuick ? 5 : 60;
  await using stack = new AsyncDisposableStack();
  const site = await openSite(await openGround(stack), stack);
  const ids = await acceptSome(site);
  const list = requestOf('GET /runs', '/api/v1/runs?limit=20', site);
  const asked = ids.flatMap((id) => [requestOf('GET /runs/:id', `/api/v1/runs/${id}`, site), list]);
  const load = { port: site.port, connections: many, asked, perSecond: readsPerSecond };
  await drive({ ...load, size: 4 * readsPerSecond });
  const reads = await drive({ ...load, size: seconds * readsPerSecond });
  const p99 = 'reads over 1,000 open connections, p99 ms';
  return {
    rows: describe('http: reads', reads, { seconds, perSecond: readsPerSecond }),
    goals: [
      atMost('reads over 1,000 open connections, errors', reads.all.errors, 0),
      atMost(p99, reads.all.p99, 100),
    ],
  };
}

/** 10,000 requests a minute over 1,000 open connections, with a worker that runs what is accepted. */
async function measureMixed({ isQuick }: PartOptions): Promise<PartReport> {
  const seconds = isQuick ? 6 : 300;
  const perSecond = 10_000 / 60;
  await using stack = new AsyncDisposableStack();
  const ground = await openGround(stack);
  const site = await openSite(ground, stack);
  startSiteProcess('worker', ground, stack);
  const load = { port: site.port, connections: many, perSecond };
  const asked = mixOf(site, await acceptSome(site));
  await drive({ ...load, size: Math.round(3 * perSecond), asked });
  const mixed = await drive({ ...load, size: Math.round(seconds * perSecond), asked });
  return {
    rows: describe('http: mixed', mixed, { seconds, perSecond }),
    goals: judgeMixed(mixed, seconds),
  };
}

function judgeMixed({ all, byKind }: Answered, seconds: number): Goal[] {
  const share = (all.errors / all.requests) * 100;
  const { [waiting]: _, ...prompt } = byKind;
  const worst = Math.max(...Object.values(prompt).map(({ p99 }) => p99));
  const goals = [
    atMost('10,000 requests a minute for 5 minutes, % errors', share, 0.1),
    atMost('10,000 requests a minute for 5 minutes, p99 ms of the slowest kind', worst, 100),
  ];
  if (seconds >= 300) return goals;
  return goals.map(({ name, value, goal }) =>
    notMeasured(name, goal, `only ${seconds} s were measured: ${value}`),
  );
}

const waiting = 'POST /runs?wait';

/** Of ten requests four accept, three look at a run, two list, and one waits for its run's end. */
function mixOf(site: Site, ids: readonly string[]): Asked[] {
  const accept = requestOf('POST /runs', '/api/v1/runs', { ...site, body: newRun });
  const wait = requestOf(waiting, '/api/v1/runs?wait=10s', { ...site, body: newRun });
  const list = requestOf('GET /runs', '/api/v1/runs?limit=20', site);
  return ids.flatMap((id) => {
    const read = requestOf('GET /runs/:id', `/api/v1/runs/${id}`, site);
    return [accept, read, accept, list, read, accept, wait, read, accept, list];
  });
}

/** Runs that are there to be read. */
async function acceptSome({ port, key }: Site): Promise<string[]> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/runs/batch`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ runs: Array.from({ length: 500 }, () => newRun) }),
  });
  const { accepted } = (await answer.json()) as { accepted: { id: string }[] };
  return accepted.map(({ id }) => id);
}

function describe(
  part: string,
  { byKind, faults }: Answered,
  { seconds, perSecond }: { readonly seconds: number; readonly perSecond: number },
): ReportRow[] {
  const told = faults.length > 0 && { faults: faults.join('; ') };
  return Object.entries(byKind).map(([what, felt]: [string, Felt]) => ({
    part,
    what,
    connections: many,
    seconds,
    'requests/s': perSecond.toFixed(0),
    requests: felt.requests,
    errors: felt.errors,
    'p50 ms': felt.p50.toFixed(1),
    'p99 ms': felt.p99.toFixed(1),
    'most ms': felt.most.toFixed(1),
    ...told,
  }));
}
