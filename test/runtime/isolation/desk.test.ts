import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/db/index.ts';
import { newId } from '../../../src/ledger/index.ts';
import { openHolding } from '../../../src/runtime/holding.ts';
import { openDesk } from '../../../src/runtime/isolation/desk.ts';
import { countWaiting } from '../../support/interleave.ts';
import { jobOf, openTestRuntime } from '../../support/runtime.ts';
import { until } from '../../support/until.ts';
import { won } from '../../support/won.ts';

test('a transaction that still waits when its child dies never begins', async () => {
  await using runtime = await openTestRuntime('postgres', [
    jobOf('adding', () => Promise.resolve()),
  ]);
  const { database, ledger } = runtime;
  const id = await runtime.enqueuer.enqueue('adding', {});
  const [row] = await database.query<{ delivery: string }>('select delivery from nightshift.runs');
  const fence = won(await ledger.claim({ run: id, delivery: row!.delivery, worker: newId() }))!;
  const { signal } = new AbortController();
  const holding = openHolding({ ...runtime, onError: expect.unreachable }, { fence, signal });
  const desk = openDesk({ job: 'adding', holding, mayTransact: true });
  const other = await openDatabase(runtime.place.database);
  let begun: Promise<unknown> | undefined;
  await other.transaction(async (tx) => {
    await tx.query('select from nightshift.runs for update');
    begun = desk.answer({ what: 'begin', transaction: 1, name: 'store' });
    begun.catch(() => {});
    await until(async () => (await countWaiting(database)) === 1);
    desk.close();
  });
  await expect(begun).rejects.toThrow('rolled back');
  await holding.released();
  await database.query('select from nightshift.runs for update nowait');
  await other.close();
});
