import { hostname } from 'node:os';
import type { PgBoss } from 'pg-boss';
import type { Duty } from '../core/duty.ts';
import type { Sql } from '../core/sql.ts';
import { beginDuty, endDuty, registerDuties } from './queries.ts';

const queue = 'duties';

/** What the duties of a process are worked on with. */
export interface DutyOptions {
  readonly sql: Sql;
  readonly duties: readonly Duty[];
  readonly settings: object;
  readonly pollSeconds: number;
  onError(error: unknown): void;
}

/** Each duty is one job that sends itself again: pg-boss lets one wait and one run, whoever sends it. */
export async function workDuties(boss: PgBoss, options: DutyOptions): Promise<void> {
  const { sql, duties, settings, pollSeconds } = options;
  await boss.createQueue(queue, { policy: 'stately', ...settings });
  await registerDuties(sql, duties);
  const byName = new Map(duties.map((duty) => [duty.name, duty]));
  await boss.work<{ name: string }>(
    queue,
    { pollingIntervalSeconds: pollSeconds, localConcurrency: duties.length },
    async (jobs) => {
      for (const { data } of jobs) {
        const duty = byName.get(data.name);
        if (duty) await carryOut(duty, options);
        // One that only a newer process knows is left to it.
        await send(boss, data.name, duty?.periodSeconds ?? strangeDutySeconds);
      }
    },
  );
  for (const { name } of duties) await send(boss, name, 0);
}

const strangeDutySeconds = 10;

async function send(boss: PgBoss, name: string, startAfter: number): Promise<void> {
  await boss.send(queue, { name }, { singletonKey: name, startAfter });
}

/** Runs one pass and writes down how it went. An error ends the pass, not the duty. */
async function carryOut({ name, run }: Duty, { sql, onError }: DutyOptions): Promise<void> {
  const began = performance.now();
  const since = () => performance.now() - began;
  try {
    await beginDuty(sql, { name, holder: `${hostname()} ${process.pid}` });
    const answer = await run();
    await endDuty(sql, { name, tookMs: since(), answer });
  } catch (thrown) {
    onError(thrown);
    const error = thrown instanceof Error ? thrown.message : String(thrown);
    // While the database is away nobody can write it down; the row is late then, which says as much.
    await endDuty(sql, { name, tookMs: since(), answer: null, error }).catch(onError);
  }
}
