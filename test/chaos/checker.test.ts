import { describe, expect, test } from 'vitest';
import { findViolations, type Invariant, invariants } from './checker.ts';
import type { EndedRun, EndedStep, Entry, Evidence, Told } from './evidence.ts';

type Mutable<Item> = { -readonly [Key in keyof Item]: Item[Key] };

/** A history in which everything is right, open to be spoiled. */
interface Draft {
  told: Mutable<Told>[];
  entries: Mutable<Entry>[];
  runs: Mutable<EndedRun>[];
  steps: Mutable<EndedStep>[];
}

const run = 'booked';
const move = (of: string, attempt: number, way: string): Entry => {
  const [from, to] = way.split(' > ') as [string, Extract<Entry, { kind: 'move' }>['to']];
  const shared = { kind: 'move', run: of, attempt, worker: `worker ${attempt}`, at: 0 } as const;
  return { ...shared, from: from === '' ? null : (from as never), to };
};
const performed = (attempt: number, step: string, mark: string): Told => ({
  kind: 'performed',
  run,
  attempt,
  step,
  mark,
});

/** A run that lost its worker in the middle, one that was cancelled, and one that never succeeds. */
function draft(): Draft {
  return {
    told: [
      { kind: 'accepted', run, job: 'booking' },
      performed(1, 'book out', 'a'),
      performed(1, 'book in', 'not recorded'),
      performed(2, 'book in', 'b'),
      { kind: 'ended', run, attempt: 1, state: 'fenced' },
      { kind: 'ended', run, attempt: 2, state: 'succeeded' },
      { kind: 'accepted', run: 'stopped', job: 'lengthy' },
      { kind: 'cancelling', run: 'stopped' },
      { kind: 'cancelled', run: 'stopped' },
      { kind: 'accepted', run: 'hopeless', job: 'hopeless' },
      { kind: 'ended', run: 'hopeless', attempt: 1, state: 'failed' },
    ],
    entries: [
      move(run, 0, ' > queued'),
      move(run, 1, 'queued > active'),
      { kind: 'effect', run, attempt: 1, step: 'book out' },
      { kind: 'step', run, attempt: 1, step: 'book out' },
      move(run, 1, 'active > queued'),
      move(run, 2, 'queued > active'),
      { kind: 'effect', run, attempt: 2, step: 'book in' },
      { kind: 'step', run, attempt: 2, step: 'book in' },
      { kind: 'effect', run, attempt: 2, step: null },
      move(run, 2, 'active > succeeded'),
      move('stopped', 0, ' > queued'),
      move('stopped', 0, 'queued > cancelled'),
      move('hopeless', 0, ' > queued'),
      move('hopeless', 1, 'queued > active'),
      move('hopeless', 1, 'active > failed'),
    ],
    runs: [
      {
        id: run,
        job: 'booking',
        state: 'succeeded',
        attempt: 2,
        losses: 1,
        result: { attempt: 2 },
      },
      { id: 'stopped', job: 'lengthy', state: 'cancelled', attempt: 0, losses: 0, result: null },
      { id: 'hopeless', job: 'hopeless', state: 'failed', attempt: 1, losses: 0, result: null },
    ],
    steps: [
      { run, step: 'book out', attempt: 1, result: 'a' },
      { run, step: 'book in', attempt: 2, result: 'b' },
    ],
  };
}

const findEntry = ({ entries }: Draft, kind: Entry['kind'], attempt: number) =>
  entries.findIndex(
    (entry) => entry.kind === kind && entry.run === run && entry.attempt === attempt,
  );
const before = (drafted: Draft, entry: Entry, added: Entry) =>
  drafted.entries.splice(
    drafted.entries.findIndex((one) => JSON.stringify(one) === JSON.stringify(entry)),
    0,
    added,
  );

/** What each invariant forbids, done to a history that was right. */
const planted: readonly [Invariant, string, (drafted: Draft) => void][] = [
  [
    'kept',
    'an accepted run is not in the ledger',
    ({ told }) => told.push({ kind: 'accepted', run: 'gone', job: 'quick' }),
  ],
  [
    'ended',
    'a run is still queued',
    ({ runs, entries, told }) => {
      told.push({ kind: 'accepted', run: 'waits', job: 'quick' });
      entries.push(move('waits', 0, ' > queued'));
      runs.push({
        id: 'waits',
        job: 'quick',
        state: 'queued',
        attempt: 0,
        losses: 0,
        result: null,
      });
    },
  ],
  [
    'one end',
    'a run that had succeeded was queued again',
    ({ entries, runs }) => {
      entries.push(
        move(run, 2, 'succeeded > queued'),
        move(run, 3, 'queued > active'),
        move(run, 3, 'active > succeeded'),
      );
      Object.assign(runs[0]!, { attempt: 3, result: { attempt: 3 } });
    },
  ],
  [
    'one end',
    'a run went from queued to succeeded',
    ({ entries, runs }) => {
      entries.splice(entries.findIndex(({ run }) => run === 'hopeless') + 1, 1);
      Object.assign(entries.at(-1)!, { from: 'queued', to: 'succeeded' });
      Object.assign(runs.find(({ id }) => id === 'hopeless')!, { state: 'succeeded' });
    },
  ],
  ['one end', 'the history does not lead to the state of the run', ({ entries }) => entries.pop()],
  [
    'right end',
    'a job that always succeeds has failed',
    ({ runs, entries, told }) => {
      runs[0]!.state = 'failed';
      Object.assign(entries[findEntry({ entries } as Draft, 'move', 2) + 4]!, { to: 'failed' });
      Object.assign(told[5]!, { state: 'failed' });
    },
  ],
  ['right end', 'a run was cancelled by nobody', ({ told }) => told.splice(7, 2)],
  [
    'right end',
    'the result is that of an earlier attempt',
    ({ runs }) => Object.assign(runs[0]!, { result: { attempt: 1 } }),
  ],
  ['told truly', 'a cancelled run went on', ({ told }) => told.push({ kind: 'cancelled', run })],
  [
    'told truly',
    'two attempts were told that they succeeded',
    ({ told }) => Object.assign(told[4]!, { state: 'succeeded' }),
  ],
  [
    'fenced',
    'an attempt wrote after it had lost its run',
    (drafted) =>
      before(drafted, move(run, 2, 'active > succeeded'), {
        kind: 'effect',
        run,
        attempt: 1,
        step: null,
      }),
  ],
  [
    'fenced',
    'an attempt wrote after the end',
    ({ entries }) => entries.push({ kind: 'effect', run, attempt: 2, step: null }),
  ],
  [
    'fenced',
    'a step was recorded while nobody held the run',
    (drafted) => {
      const [step] = drafted.entries.splice(findEntry(drafted, 'step', 1), 1);
      before(drafted, move(run, 2, 'queued > active'), step!);
    },
  ],
  [
    'fenced',
    'an attempt ended a run that another held',
    (drafted) => Object.assign(drafted.entries[findEntry(drafted, 'move', 2)]!, { attempt: 3 }),
  ],
  [
    'remembered',
    'a recorded step ran again in a later attempt',
    ({ told }) => told.push(performed(2, 'book out', 'c')),
  ],
  [
    'remembered',
    'a step ran twice in one attempt',
    ({ told }) => told.push(performed(2, 'book in', 'c')),
  ],
  ['remembered', 'a step is recorded and never ran', ({ told }) => told.splice(1, 1)],
  [
    'remembered',
    'a step has the result of another',
    ({ steps }) => Object.assign(steps[0]!, { result: 'b' }),
  ],
  [
    'remembered',
    'a recorded step was overwritten',
    ({ entries }) => entries.push({ kind: 'unstep', run, attempt: 1, step: 'book out' }),
  ],
  ['together', 'a transaction left its effect without its step', ({ steps }) => steps.splice(0, 1)],
  [
    'together',
    'a transaction left its effect twice',
    (drafted) =>
      before(drafted, move(run, 1, 'active > queued'), {
        kind: 'effect',
        run,
        attempt: 1,
        step: 'book out',
      }),
  ],
  [
    'together',
    'a step is recorded without the effect of its transaction',
    (drafted) => drafted.entries.splice(findEntry(drafted, 'effect', 1), 1),
  ],
];

describe('the checker', () => {
  test('finds nothing in a history in which everything is right', () => {
    expect(findViolations(draft() as Evidence)).toEqual([]);
  });

  test('lets a run be set aside after five lost workers, and no earlier', () => {
    const abandoned = (losses: number) => {
      const drafted = draft();
      Object.assign(drafted.runs[2]!, { job: 'quick', losses });
      return findViolations(drafted).map(({ invariant }) => invariant);
    };
    expect([abandoned(5), abandoned(4)]).toEqual([[], ['right end']]);
  });

  test.each(planted)('%s: finds that %s', (invariant, _, spoil) => {
    const drafted = draft();
    spoil(drafted);
    const found = findViolations(drafted);
    expect(found.map((one) => one.invariant)).toContain(invariant);
    expect(found.every(({ says }) => says.length > 10)).toBe(true);
  });

  test('has every invariant put to the test here', () => {
    expect(new Set(planted.map(([invariant]) => invariant))).toEqual(
      new Set(Object.keys(invariants)),
    );
  });
});
