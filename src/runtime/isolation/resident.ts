import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Kilobytes of memory that a process takes up, its native parts included; undefined once it is gone. */
export async function residentKb(pid: number): Promise<number | undefined> {
  return process.platform === 'linux' ? readStatus(pid) : askPs(pid);
}

async function readStatus(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kb = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kb === undefined ? undefined : Number(kb);
}

/** The same where there is no /proc. */
export async function askPs(pid: number): Promise<number | undefined> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]).catch(
    () => ({ stdout: '' }),
  );
  return stdout.trim() === '' ? undefined : Number(stdout);
}
