/** A load in a process of its own: it answers the parent what came of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answered, Felt, Load } from './asking.ts';
import { type Line, openLine } from './line.ts';

process.once('message', (load) => void drive(load as Load).then(tell, fail));
process.on('disconnect', () => process.exit());

/** How long a request took, and whether it was answered well. */
interface Sample {
  readonly kind: string;
  readonly ms: number;
  readonly fault: string | undefined;
}

async function drive(load: Load): Promise<Answered> {
  const lines: Line[] = [];
  for (let i = 0; i < load.connections; i++) lines.push(await openLine(load.port));
  const samples: Sample[] = [];
  const began = performance.now();
  await (load.perSecond === undefined
    ? driveFast(load, lines, samples)
    : driveByClock({ ...load, perSecond: load.perSecond }, lines, samples));
  const ms = performance.now() - began;
  for (const line of lines) line.close();
  const kinds = Map.groupBy(samples, ({ kind }) => kind);
  return {
    ms,
    all: sum(samples),
    byKind: Object.fromEntries([...kinds].map(([kind, some]) => [kind, sum(some)])),
    faults: samples.flatMap(({ fault }) => fault ?? []).slice(0, 5),
  };
}

/** Each connection sends the next request as soon as its last was answered. */
async function driveFast({ asked, size }: Load, lines: readonly Line[], samples: Sample[]) {
  let sent = 0;
  await Promise.all(
    lines.map(async (line) => {
      while (sent < size) {
        const { kind, text } = asked[sent++ % asked.length]!;
        samples.push(await ask(line, { kind, text, from: performance.now() }));
      }
    }),
  );
}

/** A request's time counts from the moment it is due, also when it has to wait for a connection. */
async function driveByClock(
  { asked, size, perSecond }: Load & { readonly perSecond: number },
  lines: readonly Line[],
  samples: Sample[],
) {
  const began = performance.now();
  const asking: Promise<unknown>[] = [];
  let next = 0;
  for (let i = 0; i < size; i++) {
    const from = began + (i * 1000) / perSecond;
    const leftMs = from - performance.now();
    if (leftMs > 0.5) await sleep(leftMs);
    let line: Line;
    for (let tried = 0; ; tried++) {
      line = lines[next++ % lines.length]!;
      if (line.isFree) break;
      if (tried % lines.length === lines.length - 1) await sleep(1);
    }
    const { kind, text } = asked[i % asked.length]!;
    asking.push(ask(line, { kind, text, from }).then((sample) => samples.push(sample)));
  }
  await Promise.all(asking);
}

async function ask(
  line: Line,
  { kind, text, from }: { readonly kind: string; readonly text: string; readonly from: number },
): Promise<Sample> {
  const fault = await line.ask(text).then(
    (status) => (status >= 200 && status < 300 ? undefined : `${kind}: status ${status}`),
    (error: unknown) => `${kind}: ${(error as Error).message}`,
  );
  return { kind, ms: performance.now() - from, fault };
}

function sum(samples: readonly Sample[]): Felt {
  const sorted = samples.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return {
    requests: samples.length,
    errors: samples.filter(({ fault }) => fault !== undefined).length,
    p50: at(0.5),
    p99: at(0.99),
    most: sorted.at(-1)!,
  };
}

function tell(answered: Answered): void {
  process.send!(answered, () => process.exit());
}

function fail(error: unknown): void {
  console.error(error);
  process.exit(1);
}
