import { setTimeout as sleep } from 'node:timers/promises';
import { SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import { formatMs } from '../../core/duration.ts';
import { Failure } from '../../core/errors.ts';
import { isFinal, type Run } from '../../core/run.ts';
import { formatBytes } from '../../core/size.ts';
import type { ApiSession, Cli } from '../cli.ts';
import { parseWhole, readPayload } from './run-options.ts';

interface EnqueueOptions {
  readonly payload: unknown;
  readonly delay?: string;
  readonly priority: number;
  readonly expires?: string;
  readonly key?: string;
  readonly wait?: boolean;
  readonly unique?: string | true;
  readonly debounce?: string;
  readonly throttle?: string;
  readonly for?: string;
  readonly upTo?: string;
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
    .option('--key <text>', 'whose run it is, where the limits of the job go by that')
    .option(
      '--unique [key]',
      'only if no run with this key is unfinished, or began within --for; without a key the payload is it',
    )
    .option('--debounce <key>', 'when nothing with this key has come for the time of --for')
    .option('--throttle <key>', 'at most one run with this key in the time of --for')
    .option('--for <duration>', 'the time that --unique, --debounce or --throttle means: 30s, 1h')
    .option('--up-to <duration>', 'how long --debounce may put it off in all: 10m')
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
  { job, payload, delay, priority, expires, key, wait, ...rest }: EnqueueOptions & { job: string },
): Promise<void> {
  const offered = await api.post<{ id: string; existing?: true }>('/runs', {
    job,
    payload,
    delay,
    priority,
    expires,
    key,
    ...toUniqueness(rest),
  });
  const { id, existing } = offered;
  const { workers } = await api.get<{ workers: unknown[] }>('/workers');
  if (workers.length === 0)
    output.note('No worker is running now. Start one with: nightshift start');
  if (!wait) {
    const what = existing ? 'It is there already' : 'Accepted';
    output.answer(offered, () => `${what}: run ${id}. Follow it with: nightshift runs show ${id}`);
    return;
  }
  const run = await waitForRun({ api, output }, id);
  output.answer(run, () => sayEnd(run));
  if (run.state !== 'succeeded') process.exitCode = 1;
}

/** The options as the API takes them, which says what is wrong with them. Throws `unique.incomplete`. */
function toUniqueness(options: Partial<EnqueueOptions>): object {
  const { unique, debounce, throttle, for: span, upTo } = options;
  const timed = debounce === undefined ? throttle && '--throttle' : '--debounce';
  if (timed && span === undefined) throw incomplete(timed, '--for');
  if (upTo !== undefined && debounce === undefined) throw incomplete('--up-to', '--debounce');
  if (span !== undefined && !timed && unique === undefined)
    throw incomplete('--for', '--unique, --debounce or --throttle');
  return {
    ...(unique !== undefined && { unique: { ...(unique !== true && { key: unique }), for: span } }),
    ...(debounce !== undefined && { debounce: { key: debounce, for: span, upTo } }),
    ...(throttle !== undefined && { throttle: { key: throttle, per: span } }),
  };
}

function incomplete(option: string, other: string): Failure {
  return new Failure('unique.incomplete', { option, other });
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
