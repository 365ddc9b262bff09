import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Answered, Load } from './asking.ts';

/** Puts the load on from another process; throws when that ended without a word. */
export async function drive(load: Load): Promise<Answered> {
  const child = fork(join(import.meta.dirname, 'load-process.ts'));
  const killAtExit = () => child.kill('SIGKILL');
  process.once('exit', killAtExit);
  let answered: Answered | undefined;
  child.on('message', (message) => (answered = message as Answered));
  child.send(load);
  await once(child, 'close');
  process.off('exit', killAtExit);
  if (!answered) throw new Error('the load ended without an answer');
  return answered;
}
