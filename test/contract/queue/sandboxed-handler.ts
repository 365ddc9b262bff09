import { writeFile } from 'node:fs/promises';
import { sandboxed } from '../../../src/queue/delivery.ts';

/** Writes into the file that the first run names who ran it, and fails when there is a second. */
export default sandboxed(async ({ id, runs: [file = '', second] }) => {
  await writeFile(file, JSON.stringify({ delivery: id, pid: process.pid }));
  if (second !== undefined) throw new Error(second);
});
