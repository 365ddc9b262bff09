import type { Http } from './http.ts';
import { pause } from './pause.ts';
import { hasEnded, type Run } from './run.ts';
import type { LogLine, RunEvent, RunLook } from './run-event.ts';

const firstMs = 250;
const longestMs = 5000;

/**
 * The events of a run by asking for it every so often: the same ones, but for what came and went between two looks.
 * Their ids mean nothing to a server.
 */
export async function* pollRun(
  http: Http,
  id: string,
  signal?: AbortSignal,
): AsyncGenerator<RunEvent> {
  const path = `/runs/${encodeURIComponent(id)}`;
  const get = <Answer>(path: string) => http.call<Answer>({ method: 'GET', path, signal });
  let told = { state: '', progress: 'null' };
  let line = 0;
  for (let ms = firstMs; ; ms = Math.min(longestMs, ms * 1.5)) {
    const run = await get<Run>(path);
    const state = JSON.stringify([run.state, run.attempt, run.runAt]);
    const progress = JSON.stringify(run.progress);
    if (state !== told.state && !hasEnded(run)) yield { id: '', type: 'state', data: look(run) };
    const { lines } = await get<{ lines: LogLine[] }>(`${path}/logs?after=${line}`);
    for (const data of lines) {
      line = Math.max(line, Number(data.sequence));
      yield { id: '', type: 'log', data };
    }
    if (run.progress && progress !== told.progress)
      yield { id: '', type: 'progress', data: run.progress };
    if (hasEnded(run)) {
      if (state !== told.state) yield { id: '', type: 'state', data: look(run) };
      return yield { id: '', type: 'end', data: look(run) };
    }
    if (state !== told.state || lines.length > 0) ms = firstMs;
    told = { state, progress };
    await pause(ms, signal);
  }
}

function look({ id, job, state, shownState, attempt, error, runAt, finishedAt }: Run): RunLook {
  return { run: id, job, state, shownState, attempt, error, runAt, finishedAt };
}
