import { isFinal, shownState } from '../core/run.ts';
import type { Sql } from '../core/sql.ts';
import { listLogs, listPastAttempts, type RunLook } from '../ledger/index.ts';
import { type EventMark, markOfProgress, markOfState, writeMark } from './event-mark.ts';
import type { RunWatch } from './run-watch.ts';

export interface EventsRequest {
  readonly id: string;
  /** What the client knows already. */
  readonly mark: EventMark;
  /** Aborted when the client is gone, or the server closes. */
  readonly signal: AbortSignal;
  /** After so long without an event a comment says that the connection lives. */
  readonly heartbeatMs: number;
  /** What the client may see of the data of an event; all of it when left out. */
  readonly show?: (event: string, data: object) => unknown;
}

/**
 * What happens to a run, as the text of an event stream, until its end: `state`, `attempt` (one that another
 * followed), `log` and `progress`, then `end`. Nothing is read before the client has taken what was read before, so
 * that a slow one costs no memory.
 */
export async function* streamRun(
  { sql, watch }: { readonly sql: Sql; readonly watch: RunWatch },
  { id, mark: known, signal, heartbeatMs, show = (_, data) => data }: EventsRequest,
): AsyncGenerator<string> {
  const looks = openLooks(watch, id, signal);
  let mark = known;
  try {
    yield 'retry: 2000\n\n';
    while (!signal.aborted) {
      const look = await looks.next((look) => isNews(look, mark), heartbeatMs);
      if (look === 'gone') return;
      if (look === undefined) {
        if (!signal.aborted) yield ': nothing new\n\n';
        continue;
      }
      for await (const event of tell({ sql, show }, look, mark)) {
        mark = event.mark;
        yield event.text;
      }
      if (mark.ended) return;
    }
  } finally {
    looks.close();
  }
}

function isNews(look: RunLook, mark: EventMark): boolean {
  return (
    isFinal(look.state) ||
    look.lastLine > mark.line ||
    markOfState(look) !== mark.state ||
    (markOfProgress(look) !== mark.progress && look.progress !== null)
  );
}

interface Told {
  readonly mark: EventMark;
  readonly text: string;
}

/** Everything that `look` has and `mark` has not: of a run that has ended, its lines before its end. */
async function* tell(
  { sql, show }: { readonly sql: Sql } & Required<Pick<EventsRequest, 'show'>>,
  look: RunLook,
  from: EventMark,
): AsyncGenerator<Told> {
  let mark = from;
  const event = (name: string, data: object, next: Partial<EventMark>): Told => {
    mark = { ...mark, ...next };
    const text = `id: ${writeMark(mark)}\nevent: ${name}\ndata: ${JSON.stringify(show(name, data))}\n\n`;
    return { mark, text };
  };
  const stateMark = markOfState(look);
  if (stateMark !== mark.state)
    for (const { worker: _, ...past } of await listPastAttempts(sql, look.id))
      if (past.attempt > mark.attempt)
        yield event('attempt', { run: look.id, ...past }, { attempt: past.attempt });
  const state = () => event('state', showLook(look), { state: stateMark });
  const isNew = stateMark !== mark.state;
  if (isNew && !isFinal(look.state)) yield state();
  for (let more = look.lastLine > mark.line; more; ) {
    const lines = await listLogs(sql, look.id, { after: mark.line, limit: linesAtOnce });
    for (const line of lines) yield event('log', line, { line: line.sequence });
    more = lines.length === linesAtOnce;
  }
  const progress = markOfProgress(look);
  if (look.progress && progress !== mark.progress)
    yield event('progress', { run: look.id, ...look.progress }, { progress });
  if (!isFinal(look.state)) return;
  if (isNew) yield state();
  yield event('end', showLook(look), { ended: true });
}

const linesAtOnce = 200;

function showLook({ id, job, state, attempt, error, runAt, finishedAt }: RunLook) {
  const shown = shownState({ state, runAt, attempt, error }, new Date());
  return { run: id, job, state, shownState: shown, attempt, error, runAt, finishedAt };
}

interface Looks {
  /** The newest look that is news; undefined after `ms`, or when the signal is aborted. */
  next(isNews: (look: RunLook) => boolean, ms: number): Promise<RunLook | 'gone' | undefined>;
  close(): void;
}

/** Of the looks only the last is kept. */
function openLooks(watch: RunWatch, id: string, signal: AbortSignal): Looks {
  let last: RunLook | 'gone' | undefined;
  let wake = () => {};
  const unwatch = watch.watch(id, (look) => {
    last = look ?? 'gone';
    wake();
  });
  const onAbort = () => wake();
  signal.addEventListener('abort', onAbort);
  return {
    async next(isNews, ms) {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        wake();
      }, ms);
      while (!late && !signal.aborted && !(last && (last === 'gone' || isNews(last))))
        await new Promise<void>((resolve) => (wake = resolve));
      clearTimeout(timer);
      const found = last;
      last = undefined;
      return late || signal.aborted ? undefined : found;
    },
    close() {
      unwatch();
      signal.removeEventListener('abort', onAbort);
    },
  };
}
