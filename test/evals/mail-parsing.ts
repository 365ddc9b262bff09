import { openStartCounts } from '../../jobs/mail-triage/spam/start-model.ts';
import { triageMail } from '../../jobs/mail-triage/triage.ts';
import { atLeast, round } from '../support/report.ts';
import type { LabelledMail } from './labelled-mails.ts';
import { mutate, openRandom } from './mutate.ts';
import type { PartReport } from './part.ts';

/** Speed of the whole triage of a mail, and how many mails, real and damaged, come through it. */
export function measureParsing(mails: readonly LabelledMail[], isQuick: boolean): PartReport {
  const judge = { counts: openStartCounts(), now: new Date('2026-03-03T12:00:00Z') };
  const survives = (raw: Uint8Array): boolean => {
    try {
      triageMail(raw, judge);
      return true;
    } catch (error) {
      process.stderr.write(`${String((error as Error).stack)}\n`);
      return false;
    }
  };
  const parsed = mails.filter(({ raw }) => survives(raw)).length;
  const speeds = Array.from({ length: isQuick ? 2 : 5 }, () => measureSpeed(mails, survives));
  const best = Math.max(...speeds.map(({ wall }) => wall));
  const random = openRandom(1);
  const copies = isQuick ? 1 : 4;
  let damagedParsed = 0;
  let slowestMs = 0;
  for (const { raw } of mails) {
    for (let copy = 0; copy < copies; copy++) {
      const started = performance.now();
      if (survives(mutate(raw, random))) damagedParsed++;
      slowestMs = Math.max(slowestMs, performance.now() - started);
    }
  }
  const all = mails.length * (1 + copies);
  return {
    rows: [
      {
        name: 'speed: mails/s, whole triage',
        value: Math.round(best),
        note: `best of ${speeds.length} passes, one thread`,
      },
      {
        name: 'speed: mails per second of CPU',
        value: Math.round(Math.max(...speeds.map(({ cpu }) => cpu))),
        note: 'the same, without waiting for the machine',
      },
      {
        name: 'parsing: damaged mails',
        value: mails.length * copies,
        note: `slowest ${round(slowestMs)} ms`,
      },
    ],
    goals: [
      atLeast('mails parsed', (parsed + damagedParsed) / all, 1),
      atLeast('mails/s classified', best, 1500),
    ],
  };
}

function measureSpeed(
  mails: readonly LabelledMail[],
  judge: (raw: Uint8Array) => boolean,
): { wall: number; cpu: number } {
  const started = performance.now();
  const before = process.cpuUsage();
  for (const { raw } of mails) judge(raw);
  const { user, system } = process.cpuUsage(before);
  return {
    wall: mails.length / ((performance.now() - started) / 1000),
    cpu: mails.length / ((user + system) / 1_000_000),
  };
}
