import { setTimeout as sleep } from 'node:timers/promises';
import { SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import { formatMs } from '../../core/duration.ts';
import { isFinal, type Run } from '../../core/run.ts';
import { formatBytes } from '../../core/size.ts';
import type { ApiSession, Cli } from '../cli.ts';
import { parseWhole, readPayload } from './run-options.ts';

interface EnqueueOptions {
  readonly payload: unknown;
  readonly delay?: string;
  readonly priority: number;
  readonly expires?: string;
  readonly wait?: boolean;
}

export function addEnqueueCommand(program: Command, cli: Cli): void {
  program
    .command('enqueue <job>')
    .description('accept one run of a job; it is committed when this command ends')
    .option(
      '--payload <json>',
      'the payload, checked against the schema of the job; @FILE reads a file, @- standard input',
      readPayload,
      {},
    )
    .option('--delay <duration>', 'not before this time has passed: 30s, 15m, 2h')
    .option('--priority <number>', '0 is first, 2097151 is last', parseWhole, 0)
    .option('--expires <duration>', 'do not begin it when it has waited for longer: 15m, 2h, 7d')
    .option('--wait', 'show its progress and wait for its end')
    .addHelpText(
      'after',
      '\nExample:\n  nightshift enqueue mail-triage --payload \'{"mailbox":"~/Maildir"}\' --wait',
    )
    .action(
      cli.withApi(
        (session, job: string, options: EnqueueOptions) => enqueue(session, { job, ...options }),
        ({ wait }) => (wait === true ? { working: 'when alone' } : {}),
      ),
    );
}

async function enqueue(
  { api, output }: ApiSession,
  { job, payload, delay, priority, expires, wait }: EnqueueOptions & { job: string },
): Promise<void> {
  const { id } = await api.post<{ id: string }>('/runs', {
    job,
    payload,
    delay,
    priority,
    expires,
  });
  const { workers } = await api.get<{ workers: unknown[] }>('/workers');
  if (workers.length === 0)
    output.note('No worker is running now. Start one with: nightshift start');
  if (!wait) {
    output.answer({ id }, () => `Accepted: run ${id}. Follow it with: nightshift runs show ${id}`);
    return;
  }
  const run = await waitForRun({ api, output }, id);
  output.answer(run, () => sayEnd(run));
  if (run.state !== 'succeeded') process.exitCode = 1;
}

/** Follows a run to its end, with a progress bar on a terminal. */
export async function waitForRun({ api, output }: ApiSession, id: string): Promise<Run> {
  const bar = openBar(!output.json && process.stderr.isTTY);
  try {
    for (;;) {
      const run = await api.get<Run>(`/runs/${id}`);
      bar.show(run);
      if (isFinal(run.state)) return run;
      await sleep(200);
    }
  } finally {
    bar.close();
  }
}

function openBar(visible: boolean) {
  const bar = new SingleBar({
    format: '{job}  {bar}  {value} of {total}  {note}',
    barsize: 30,
    clearOnComplete: true,
    hideCursor: true,
    gracefulExit: false,
    noTTYOutput: false,
    stream: process.stderr,
  });
  let begun = false;
  return {
    show({ job, progress }: Run): void {
      if (!visible || !progress) return;
      const { done, total, note = '' } = progress;
      if (!begun) bar.start(total, done, { job, note });
      begun = true;
      bar.setTotal(total);
      bar.update(done, { job, note });
    },
    close(): void {
      if (begun) bar.stop();
    },
  };
}

function sayEnd(run: Run): string {
  const took =
    run.startedAt && run.finishedAt
      ? ` in ${formatMs(Date.parse(String(run.finishedAt)) - Date.parse(String(run.startedAt)))}`
      : '';
  if (run.artifact)
    return `Run ${run.id} succeeded${took}, with a result of ${formatBytes(run.artifact.bytes)}; print it with: nightshift runs result ${run.id}`;
  if (run.state === 'succeeded')
    return `Run ${run.id} succeeded${took}: ${JSON.stringify(run.result)}`;
  return `Run ${run.id} ${run.state}${took}: ${run.error?.message ?? 'no reason is known'}`;
}
