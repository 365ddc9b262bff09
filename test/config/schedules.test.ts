import { expect, test } from 'vitest';
import { parseConfig, schedulesOf } from '../../config/index.ts';
import { jobs, mailTriage } from '../../jobs/index.ts';
import { defineSchedule } from '../../src/core/schedule.ts';
import { nextFiring } from '../../src/core/timetable.ts';

test('the configured mailbox is triaged every five minutes', () => {
  const [schedule] = schedulesOf(parseConfig({ NIGHTSHIFT_MAILBOX: '/var/mail/ada' }));
  expect(schedule).toMatchObject({
    name: 'mail-triage',
    job: mailTriage,
    payload: { mailbox: '/var/mail/ada' },
  });
  const after = new Date('2026-03-29T00:57:00Z');
  expect(nextFiring(schedule!.rules.cron!, schedule!.rules.timezone, after)).toEqual(
    new Date('2026-03-29T01:00:00Z'),
  );
});

test('every schedule is of a job that there is', () => {
  for (const { job } of schedulesOf(parseConfig({}))) expect(jobs).toContain(job);
});

test('a schedule with the wrong payload does not compile', () => {
  const options = { name: 'triage', job: mailTriage, cron: '@daily' };
  // @ts-expect-error -- a mailbox is a name or a path
  expect(() => defineSchedule({ ...options, payload: { mailbox: 7 } })).toThrow('payload.mailbox');
  // @ts-expect-error -- there is no mailbox
  expect(() => defineSchedule({ ...options, payload: { limit: 10 } })).toThrow('payload.mailbox');
});
