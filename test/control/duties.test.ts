import { expect, test } from 'vitest';
import { openControl } from '../../src/control/index.ts';
import { type Database, openDatabase } from '../../src/db/index.ts';
import { openCatalogue } from '../../src/runtime/index.ts';
import { jobOf, openTestRuntime } from '../support/runtime.ts';
import { timersOf } from '../support/schedules.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

const job = jobOf('ticking', (_, payload) => Promise.resolve(payload));
const catalogue = openCatalogue([job]);

/** Well below the minute for which pg-boss would believe its list. */
const patience = { timeoutMs: 30_000 };

async function openTicking(database: Database) {
  let passes = 0;
  const control = await openControl({
    database,
    duties: [{ name: 'ticking', periodSeconds: 1, run: () => Promise.resolve(++passes) }],
    timers: timersOf({ database, catalogue }),
    onError: (error) => console.error(error),
  });
  return { passes: () => passes, [Symbol.asyncDispose]: () => control.close() };
}

test.each(['embedded', 'postgres'] as const)(
  'a duty that was noted as under way when its process died goes on in the next, on %s',
  async (footprint) => {
    await using runtime = await openTestRuntime(footprint, [job]);
    const { database } = runtime;
    await (await openTicking(database))[Symbol.asyncDispose]();
    // What pg-boss writes down every few seconds of the duties that are under way, and stays after a kill.
    await database.query(
      `update pgboss.queue set singletons_active = array['ticking'] where name = 'duties'`,
    );
    await using ticking = await openTicking(database);
    await until(() => ticking.passes() >= 2, patience);
    expect(ticking.passes()).toBeGreaterThanOrEqual(2);
  },
  120_000,
);

test('a control plane that loses its database while it starts says so, and starts when it is back', async () => {
  await using runtime = await openTestRuntime('postgres', [job]);
  const { url } = runtime.database.driver as Extract<Database['driver'], { kind: 'postgres' }>;
  await using proxy = await openTcpProxy({ url });
  const database = await openDatabase({ kind: 'postgres', url: proxy.route(url) });
  proxy.cut();
  await expect(openTicking(database)).rejects.toMatchObject({ code: 'database.unreachable' });
  proxy.restore();
  await using ticking = await openTicking(database);
  await until(() => ticking.passes() >= 1, patience);
  await database.close();
}, 60_000);
