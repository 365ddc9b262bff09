/** One contestant in its own process: it answers the requests of `spawned.ts` until it is told to close. */
import { type ContestantName, contestants, type Settings } from './contestants.ts';
import type { Answer, Request, Spent } from './spawned.ts';

const [name, settings] = process.argv.slice(2);
const contestant = await contestants[name as ContestantName](JSON.parse(settings!) as Settings);

async function answer({ method, size }: Request): Promise<void> {
  if (method === 'close') {
    await contestant[Symbol.asyncDispose]();
    process.exit();
  }
  try {
    send({ spent: await measure(() => contestant[method](size)) });
  } catch (error) {
    send({ error: (error as Error).stack ?? String(error) });
  }
}

async function measure(work: () => Promise<void>): Promise<Spent> {
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  await work();
  const ms = performance.now() - began;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { ms, cpuMicroseconds: user + system };
}

function send(message: Answer): void {
  process.send!(message);
}

process.on('message', (request) => void answer(request as Request));
process.on('disconnect', () => process.exit());
send({ spent: { ms: 0, cpuMicroseconds: 0 } });
