import { describe, expect, test } from 'vitest';
import { findViolations } from './checker.ts';
import { type Invariant, invariants } from './checks/violation.ts';
import type { EndedRun, EndedStep, Entry, Evidence, Firing, Told } from './evidence.ts';
import type { Struck } from './faults/fault.ts';
import { drawTimeline } from './timeline.ts';

type Mutable<Item> = { -readonly [Key in keyof Item]: Item[Key] };

/** A history in which everything is right, open to be spoiled. */
interface Draft {
  told: Mutable<Told>[];
  entries: Mutable<Entry>[];
  runs: Mutable<EndedRun>[];
  steps: Mutable<EndedStep>[];
  firings: Mutable<Firing>[];
  span: [number, number];
  pulses: number[];
}

const run = 'booked';
type Move = Extract<Entry, { kind: 'move' }>;
const move = (of: string, attempt: number, way: string, more: Partial<Move> = {}): Entry => {
  const [from, to] = way.split(' > ') as [string, Extract<Entry, { kind: 'move' }>['to']];
  const shared = { kind: 'move', run: of, attempt, worker: `worker ${attempt}`, at: 0 } as const;
  return { ...shared, failures: 0, from: from === '' ? null : (from as never), to, ...more };
};
const performed = (attempt: number, step: string, mark: string): Told => ({
  kind: 'performed',
  run,
  attempt,
  step,
  mark,
});

const endedRun = (id: string, job: string, more: Partial<EndedRun>): EndedRun => ({
  id,
  job,
  state: 'succeeded',
  attempt: 1,
  failures: 0,
  losses: 0,
  result: null,
  errorCode: null,
  mark: id,
  key: null,
  schedule: null,
  parent: null,
  priority: 0,
  ...more,
});
const offer = (id: string, job: string, delayMs = 0): Told[] => [
  { kind: 'offered', mark: id, job, delayMs },
  { kind: 'accepted', mark: id, run: id, job },
];

const children = ['first', 'second', 'third'];
const within = (attempt: number) => ({ run, attempt, step: 'book out' });

/**
 * A run that lost its worker in the middle, one that was cancelled, one that never succeeds and was retried by
 * hand, one that was delayed, one of a schedule, one of a transaction, one that expired, one with a bad payload, and
 * offers that nobody took.
 */
function draft(): Draft {
  return {
    told: [
      ...offer(run, 'booking'),
      performed(1, 'book out', 'a'),
      performed(1, 'book in', 'not recorded'),
      performed(2, 'book in', 'b'),
      { kind: 'ended', run, attempt: 1, state: 'fenced' },
      { kind: 'ended', run, attempt: 2, state: 'succeeded' },
      ...offer('stopped', 'lengthy'),
      { kind: 'cancelling', run: 'stopped' },
      { kind: 'cancelled', run: 'stopped' },
      ...offer('hopeless', 'hopeless'),
      { kind: 'ended', run: 'hopeless', attempt: 4, state: 'failed' },
      { kind: 'retrying', run: 'hopeless' },
      { kind: 'retried', run: 'hopeless' },
      { kind: 'ended', run: 'hopeless', attempt: 8, state: 'failed' },
      ...offer('delayed', 'quick', 1000),
      { kind: 'offered', mark: 'nothing', job: 'quick', delayMs: 0 },
      { kind: 'refused', mark: 'nothing', says: 'database.unreachable', tookMs: 3 },
      { kind: 'offered', mark: 'undone', job: 'quick', delayMs: 0 },
      { kind: 'rolled back', mark: 'undone' },
      { kind: 'offered', mark: 'begotten', job: 'quick', delayMs: 0, within: within(1) },
      { kind: 'offered', mark: 'never begotten', job: 'quick', delayMs: 0, within: within(2) },
      { kind: 'offered', mark: 'brief', job: 'quick', delayMs: 0, expiresMs: 500 },
      { kind: 'offered', mark: 'bad', job: 'quick', delayMs: 0, isBad: true },
      { kind: 'alive', run, attempt: 1, at: 900 },
      ...offer('family', 'gathering'),
      ...children.map((mark): Told => ({ kind: 'offered', mark, job: 'quick', delayMs: 0 })),
      ...offer('sleeper', 'napping'),
      { kind: 'offered', mark: 'keyed', job: 'quick', delayMs: 0, key: 'k' },
      { kind: 'accepted', mark: 'keyed', run: 'keyed', job: 'quick' },
      { kind: 'offered', mark: 'joins', job: 'quick', delayMs: 0, key: 'k' },
      { kind: 'accepted', mark: 'joins', run: 'keyed', job: 'quick', existing: true },
      { kind: 'offered', mark: 'keyed later', job: 'quick', delayMs: 0, key: 'k' },
      { kind: 'accepted', mark: 'keyed later', run: 'keyed later', job: 'quick' },
    ],
    entries: [
      move(run, 0, ' > queued'),
      move(run, 1, 'queued > active'),
      { kind: 'effect', run, attempt: 1, step: 'book out' },
      { kind: 'step', run, attempt: 1, step: 'book out' },
      move(run, 1, 'active > queued', { silentMs: 3100 }),
      move(run, 2, 'queued > active'),
      { kind: 'effect', run, attempt: 2, step: 'book in' },
      { kind: 'step', run, attempt: 2, step: 'book in' },
      { kind: 'effect', run, attempt: 2, step: null },
      move(run, 2, 'active > succeeded'),
      move('stopped', 0, ' > queued'),
      move('stopped', 0, 'queued > cancelled'),
      move('hopeless', 0, ' > queued'),
      move('hopeless', 4, 'queued > active', { failures: 3 }),
      move('hopeless', 4, 'active > failed', { failures: 4 }),
      move('hopeless', 4, 'failed > queued'),
      move('hopeless', 8, 'queued > active', { failures: 3 }),
      move('hopeless', 8, 'active > failed', { failures: 4 }),
      move('delayed', 0, ' > queued'),
      move('delayed', 1, 'queued > active', { at: 1000 }),
      move('delayed', 1, 'active > succeeded', { at: 1010 }),
      ...['begotten', 'scheduled', 'keyed', 'keyed later'].flatMap((id) => [
        move(id, 0, ' > queued'),
        move(id, 1, 'queued > active'),
        move(id, 1, 'active > succeeded'),
      ]),
      move('family', 0, ' > queued'),
      move('family', 1, 'queued > active'),
      ...children.map((id) => move(id, 0, ' > queued')),
      move('family', 1, 'active > blocked'),
      ...children.flatMap((id) => [
        move(id, 1, 'queued > active'),
        move(id, 1, 'active > succeeded'),
      ]),
      move('family', 1, 'blocked > queued'),
      move('family', 2, 'queued > active'),
      { kind: 'step', run: 'family', attempt: 2, step: 'all children' },
      move('family', 2, 'active > succeeded'),
      move('sleeper', 0, ' > queued'),
      move('sleeper', 1, 'queued > active', { at: 1000 }),
      move('sleeper', 1, 'active > queued'),
      move('sleeper', 2, 'queued > active', { at: 1310 }),
      { kind: 'step', run: 'sleeper', attempt: 2, step: 'sleep nap', at: 1320 },
      move('sleeper', 2, 'active > succeeded'),
      move('brief', 0, ' > queued'),
      move('brief', 0, 'queued > expired', { at: 600 }),
      move('bad', 0, ' > queued'),
      move('bad', 0, 'queued > failed'),
    ],
    runs: [
      endedRun(run, 'booking', { attempt: 2, losses: 1, result: { attempt: 2 } }),
      endedRun('stopped', 'lengthy', { state: 'cancelled', attempt: 0 }),
      endedRun('hopeless', 'hopeless', { state: 'failed', attempt: 8, failures: 4 }),
      endedRun('delayed', 'quick', { result: { attempt: 1 } }),
      endedRun('begotten', 'quick', { result: { attempt: 1 } }),
      endedRun('family', 'gathering', { attempt: 2, result: { attempt: 2 } }),
      ...children.map((id) => endedRun(id, 'quick', { parent: 'family', result: { attempt: 1 } })),
      endedRun('sleeper', 'napping', { attempt: 2, result: { attempt: 2 } }),
      endedRun('keyed', 'quick', { key: 'k', result: { attempt: 1 } }),
      endedRun('keyed later', 'quick', { key: 'k', result: { attempt: 1 } }),
      endedRun('brief', 'quick', { state: 'expired', attempt: 0 }),
      endedRun('bad', 'quick', { state: 'failed', attempt: 0, errorCode: 'payload.invalid' }),
      endedRun('scheduled', 'quick', {
        schedule: 'schedule-1',
        mark: 'any',
        result: { attempt: 1 },
      }),
    ],
    steps: [
      { run, step: 'book out', attempt: 1, result: 'a' },
      { run, step: 'book in', attempt: 2, result: 'b' },
      { run: 'family', step: 'all children', attempt: 2, result: [] },
      { run: 'sleeper', step: 'sleep nap', attempt: 2, result: null },
    ],
    firings: [
      { schedule: 'schedule-1', due: 0, state: 'fired', run: 'scheduled', firedAt: 0 },
      { schedule: 'schedule-1', due: 2000, state: 'skipped', run: null, firedAt: null },
    ],
    span: [0, 20_000],
    pulses: [],
  };
}

/** Takes out what was told so about a run. */
const untell = ({ told }: Draft, kinds: readonly Told['kind'][], of: string) => {
  const about = (one: Told) => kinds.includes(one.kind) && 'run' in one && one.run === of;
  for (let i = told.length - 1; i >= 0; i--) if (about(told[i]!)) told.splice(i, 1);
};
const findTold = ({ told }: Draft, kind: Told['kind'], of: string, attempt?: number) =>
  told.find(
    (one) =>
      one.kind === kind &&
      'run' in one &&
      one.run === of &&
      (attempt === undefined || ('attempt' in one && one.attempt === attempt)),
  )!;
const findMove = ({ entries }: Draft, of: string, to: string) =>
  entries.findLast((entry) => entry.kind === 'move' && entry.run === of && entry.to === to)!;
const findEnded = ({ runs }: Draft, of: string) => runs.find(({ id }) => id === of)!;
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
    'alone',
    'two runs lost their worker and go again in one delivery',
    ({ entries }) => {
      const carried = (of: string): Entry => ({
        kind: 'note',
        run: of,
        attempt: 0,
        step: 'delivery shared',
      });
      entries.unshift(carried(run), carried('delayed'));
    },
  ],
  [
    'kept',
    'an accepted run is not in the ledger',
    ({ told }) => told.push(...offer('gone', 'quick')),
  ],
  [
    'ended',
    'a run is still queued',
    ({ runs, entries, told }) => {
      told.push(...offer('waits', 'quick'));
      entries.push(move('waits', 0, ' > queued'));
      runs.push(endedRun('waits', 'quick', { state: 'queued', attempt: 0 }));
    },
  ],
  [
    'children',
    'a run went on before its last child had ended',
    (drafted) => {
      const { entries } = drafted;
      const at = entries.findIndex((one) => one.kind === 'step' && one.run === 'family');
      const [step] = entries.splice(at, 1);
      before(drafted, findMove(drafted, 'third', 'succeeded'), step!);
      const moved = findMove(drafted, 'family', 'active');
      entries.splice(entries.indexOf(moved), 1);
      const woken = findMove(drafted, 'family', 'queued');
      entries.splice(entries.indexOf(woken), 1);
      before(drafted, step!, woken);
      before(drafted, step!, moved);
    },
  ],
  [
    'children',
    'a child of a run is missing',
    (drafted) => Object.assign(findEnded(drafted, 'third'), { parent: null }),
  ],
  [
    'not early',
    'a run slept too short',
    ({ entries }) =>
      Object.assign(entries.find((one) => one.kind === 'step' && one.run === 'sleeper')!, {
        at: 1150,
      }),
  ],
  [
    'unique',
    'a run is accepted while another of its key has not ended',
    (drafted) => {
      const accepted = findMove(drafted, 'keyed later', 'queued');
      drafted.entries.splice(drafted.entries.indexOf(accepted), 1);
      before(drafted, findMove(drafted, 'keyed', 'succeeded'), accepted);
    },
  ],
  [
    'unique',
    'somebody is told of a run that has another key',
    (drafted) => Object.assign(findEnded(drafted, 'keyed later'), { key: 'l' }),
  ],
  [
    'accepted once',
    'two runs come from one offer',
    ({ runs, entries }) => {
      runs.push(endedRun('twin', 'quick', { mark: 'delayed', result: { attempt: 1 } }));
      entries.push(
        move('twin', 0, ' > queued'),
        move('twin', 1, 'queued > active'),
        move('twin', 1, 'active > succeeded'),
      );
    },
  ],
  [
    'accepted once',
    'a run was offered by nobody',
    (drafted) => Object.assign(findEnded(drafted, 'delayed'), { mark: 'unheard of' }),
  ],
  [
    'accepted once',
    'an offer was refused with an error that says nothing',
    ({ told }) =>
      Object.assign(told.find(({ kind }) => kind === 'refused')!, { says: 'Error: ECONNRESET' }),
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
    'a run that had failed was queued again, and nobody had asked for it',
    (drafted) => untell(drafted, ['retrying', 'retried'], 'hopeless'),
  ],
  [
    'one end',
    'a run went from queued to succeeded',
    (drafted) => {
      const { entries } = drafted;
      entries.splice(entries.indexOf(findMove(drafted, 'delayed', 'active')), 1);
      Object.assign(findMove(drafted, 'delayed', 'succeeded'), { from: 'queued' });
    },
  ],
  ['one end', 'the history does not lead to the state of the run', ({ entries }) => entries.pop()],
  [
    'right end',
    'a job that always succeeds has failed',
    (drafted) => {
      findEnded(drafted, run).state = 'failed';
      Object.assign(findMove(drafted, run, 'succeeded'), { to: 'failed' });
      Object.assign(findTold(drafted, 'ended', run, 2), { state: 'failed' });
    },
  ],
  [
    'right end',
    'a run was cancelled by nobody',
    (drafted) => untell(drafted, ['cancelling', 'cancelled'], 'stopped'),
  ],
  [
    'right end',
    'a cancelled run that was retried is still cancelled',
    ({ told }) =>
      told.push({ kind: 'retrying', run: 'stopped' }, { kind: 'retried', run: 'stopped' }),
  ],
  [
    'right end',
    'a run was given up before its last attempt',
    (drafted) => Object.assign(findEnded(drafted, 'hopeless'), { failures: 3 }),
  ],
  [
    'right end',
    'a run succeeded in an attempt that cannot',
    (drafted) => Object.assign(findEnded(drafted, 'delayed'), { job: 'overtime' }),
  ],
  [
    'right end',
    'the result is that of an earlier attempt',
    ({ runs }) => Object.assign(runs[0]!, { result: { attempt: 1 } }),
  ],
  ['told truly', 'a cancelled run went on', ({ told }) => told.push({ kind: 'cancelled', run })],
  [
    'told truly',
    'two attempts were told that they succeeded',
    (drafted) => Object.assign(findTold(drafted, 'ended', run, 1), { state: 'succeeded' }),
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
    'alive',
    'a run was taken from a worker that had just been heard of',
    ({ entries }) => Object.assign(entries[4]!, { silentMs: 400 }),
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
  [
    'remembered',
    'a step is recorded and never ran',
    (drafted) => untell(drafted, ['performed'], run),
  ],
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
  [
    'not early',
    'a retry began before its time',
    (drafted) => Object.assign(findMove(drafted, run, 'active'), { earlyMs: 400 }),
  ],
  [
    'not early',
    'a delayed run began at once',
    (drafted) => Object.assign(findMove(drafted, 'delayed', 'active'), { at: 10 }),
  ],
  [
    'not late',
    'a run began after its time',
    ({ told }) =>
      Object.assign(told.find((one) => 'mark' in one && one.mark === 'delayed')!, {
        delayMs: 0,
        expiresMs: -1000,
      }),
  ],
  [
    'not late',
    'a run expired before its time',
    (drafted) => Object.assign(findMove(drafted, 'brief', 'expired'), { at: 100 }),
  ],
  [
    'not late',
    'a run expired after it had begun',
    (drafted) => Object.assign(findMove(drafted, 'brief', 'expired'), { attempt: 1 }),
  ],
  [
    'right end',
    'a run expired that had all the time',
    ({ told }) =>
      Object.assign(told.find((one) => 'mark' in one && one.mark === 'brief')!, {
        expiresMs: undefined,
      }),
  ],
  [
    'right end',
    'a bad payload was performed',
    (drafted) => {
      Object.assign(findEnded(drafted, 'bad'), { state: 'succeeded', result: { attempt: 0 } });
      Object.assign(findMove(drafted, 'bad', 'failed'), { to: 'succeeded' });
    },
  ],
  [
    'all or nothing',
    'a run is there whose transaction was rolled back',
    ({ told }) => told.push({ kind: 'rolled back', mark: 'delayed' }),
  ],
  [
    'all or nothing',
    'a recorded transaction is without the run that joined it',
    ({ runs }) =>
      runs.splice(
        runs.findIndex(({ id }) => id === 'begotten'),
        1,
      ),
  ],
  [
    'all or nothing',
    'a run is there that joined the transaction of a lost attempt',
    (drafted) => Object.assign(findEnded(drafted, 'begotten'), { mark: 'never begotten' }),
  ],
  [
    'paused',
    'a run of a job that was paused began',
    (drafted) => Object.assign(findMove(drafted, 'delayed', 'active'), { pausedMs: 1900 }),
  ],
  [
    'limited',
    'a third run of two went before one had ended',
    ({ entries, runs }) => {
      for (const id of ['one', 'two', 'three']) {
        runs.push(endedRun(id, 'rationed', { attempt: 2, result: { attempt: 2 } }));
        entries.push(move(id, 0, ' > blocked'), move(id, 0, 'blocked > queued'));
      }
    },
  ],
  [
    'gone',
    'an isolated attempt went on long after its timeout',
    ({ told }) => told.push({ kind: 'alive', run, attempt: 1, at: 20_000 }),
  ],
  [
    'bounded',
    'a run failed more often than it may',
    (drafted) => Object.assign(findMove(drafted, 'hopeless', 'failed'), { failures: 5 }),
  ],
  [
    'fired',
    'a firing has no run',
    ({ firings }) => firings.push({ ...firings[1]!, due: 4000, state: 'fired', run: 'gone' }),
  ],
  ['fired', 'a run of a schedule has no firing', ({ firings }) => firings.shift()],
  [
    'fired',
    'a firing is said to have fired, and has no run',
    ({ firings }) => Object.assign(firings[1]!, { state: 'fired' }),
  ],
  ['fired', 'a moment is missing', ({ firings }) => Object.assign(firings[1]!, { due: 4000 })],
  [
    'overlap',
    'a run of a schedule begins beside another one of it',
    ({ entries, runs, firings }) => {
      for (const [id, due] of [
        ['one', 0],
        ['other', 3000],
      ] as const) {
        runs.push(endedRun(id, 'aloof', { schedule: 'schedule-3', result: { attempt: 1 } }));
        firings.push({ schedule: 'schedule-3', due, state: 'fired', run: id, firedAt: due });
        entries.push(move(id, 0, ' > queued', { at: due }));
        entries.push(move(id, 1, 'queued > active', { at: due }));
        entries.push(move(id, 1, 'active > succeeded', { at: due + 4000 }));
      }
    },
  ],
  ['fired', 'a schedule fired no more', ({ span }) => (span[1] = 60_000)],
];

describe('the checker', () => {
  test('finds nothing in a history in which everything is right', () => {
    expect(findViolations(draft() as Evidence)).toEqual([]);
  });

  test('lets a run be set aside after five lost workers, and no earlier', () => {
    const abandoned = (losses: number) => {
      const drafted = draft();
      Object.assign(findEnded(drafted, 'hopeless'), { job: 'quick', losses });
      return findViolations(drafted).map(({ invariant }) => invariant);
    };
    expect([abandoned(5), abandoned(4)]).toEqual([[], ['right end']]);
  });

  test('draws the timeline of a run from processes, database and faults, by their clocks', () => {
    const drafted = draft();
    Object.assign(findTold(drafted, 'accepted', 'delayed'), { at: 5, by: 'web' });
    const fault = { kind: 'Redis flushed', on: 'server', worker: '', at: 500, until: 600 } as const;
    const faults: Struck[] = [fault, { ...fault, kind: 'long after', at: 9000, until: 9001 }];
    const lines = drawTimeline(drafted, faults, 'delayed').split('\n');
    expect(lines.map((line) => line.split(/\s+/).slice(1, 4).join(' '))).toEqual([
      'offered mark=delayed job=quick',
      'database move attempt=0',
      'web accepted mark=delayed',
      'fault Redis flushed',
      'fault over: Redis',
      'database move attempt=1',
      'database move attempt=1',
    ]);
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
