import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestInstallation } from '../support/installation.ts';
import { until } from '../support/until.ts';

interface Shown {
  readonly name: string;
  readonly state: string;
  readonly origin: string;
  readonly words: string;
}

interface Details {
  readonly firings: readonly { readonly state: string }[];
}

const patience = { timeoutMs: 60_000, everyMs: 500 };

/** The product on a footprint, up, and its commands. */
async function openCommands(footprint: 'embedded' | 'postgres') {
  const installation = await openTestInstallation(footprint, { PORT: '0' });
  await installation.start();
  return {
    installation,
    list: async () =>
      (await installation.ask<Shown[]>('schedules', 'list')).map(
        ({ name, state, origin, words }) => `${name}: ${words}, ${state}, ${origin}`,
      ),
    async say(...args: string[]) {
      const { status, output, errors } = await installation.command('schedules', ...args);
      return status === 0 ? output : `${status}: ${errors}`;
    },
    [Symbol.asyncDispose]: () => installation[Symbol.asyncDispose](),
  };
}

test.concurrent.each(['embedded', 'postgres'] as const)(
  'schedules that are created on %s fire by themselves, and stay as a person left them when the process starts again',
  async (footprint) => {
    await using commands = await openCommands(footprint);
    const { installation, list, say } = commands;
    expect(await list()).toEqual(['mail-triage: Every 5 minutes (UTC), active, config']);
    const every = ['--every', '1s', '--job', 'mail-triage', '--payload', '{"mailbox":"sample"}'];
    expect(await say('create', 'mine', ...every)).toMatch(/^mine: Every 1s\. Next: \d{4}-/);
    const details = () => installation.ask<Details>('schedules', 'show', 'mine');
    await until(
      async () => (await details()).firings.some(({ state }) => state === 'fired'),
      patience,
    );
    expect(
      await say('edit', 'mine', '--cron', '0 9 * * 1-5', '--timezone', 'Europe/Berlin'),
    ).toMatch(/^mine: At 09:00, Monday through Friday \(Europe\/Berlin\)\./);
    expect(await say('edit', 'mail-triage', '--every', '1h')).toMatch(/^mail-triage: Every 1h/);
    expect(await say('pause', 'mine', '--reason', 'holidays')).toBe('The schedule mine is paused.');
    await installation.stop();
    await installation.start();
    expect(await list()).toEqual([
      'mail-triage: Every 1h, active, edited',
      'mine: At 09:00, Monday through Friday (Europe/Berlin), paused, created',
    ]);
    expect(await say('list')).toMatch(/mine .*paused by .* \(holidays\) +created/);
    expect(await say('show', 'mail-triage')).toMatch(/config +says .*"cron":"\*\/5 \* \* \* \*"/);
    expect(await say('reset', 'mail-triage')).toMatch(/^mail-triage: Every 5 minutes \(UTC\)/);
    expect(await say('delete', 'mine')).toBe('The schedule mine is deleted.');
    expect(await list()).toEqual(['mail-triage: Every 5 minutes (UTC), active, config']);
  },
  240_000,
);

describe('commands about schedules', () => {
  let commands: Awaited<ReturnType<typeof openCommands>>;
  beforeAll(async () => {
    commands = await openCommands('embedded');
  }, 180_000);
  afterAll(() => commands[Symbol.asyncDispose]());
  const say = (...args: string[]) => commands.say(...args);

  test('tell the next firings in words and times, holidays among them', async () => {
    const calendar = join(commands.installation.folder, 'office.ics');
    const monthly = 'RRULE:FREQ=MONTHLY;BYMONTHDAY=15';
    const event = ['UID:1', 'SUMMARY:Founding Day', 'DTSTART;VALUE=DATE:20000101', monthly];
    await writeFile(
      calendar,
      ['BEGIN:VCALENDAR', 'BEGIN:VEVENT', ...event, 'END:VEVENT', 'END:VCALENDAR'].join('\r\n'),
    );
    const holidays = ['--calendar', calendar, '--on-holiday', 'next working day'];
    const job = ['--job', 'mail-triage', '--payload', '{"mailbox":"sample"}'];
    expect(await say('create', 'monthly', '--cron', '0 9 15 * *', ...holidays, ...job)).toContain(
      'a working day later on holidays of',
    );
    const next = await say('next', 'monthly', '--count', '2');
    expect(next).toMatch(/^At 09:00, on day 15 of the month \(UTC\)/);
    expect(next.match(/15 \w+ \d{4} at 09:00:00 UTC +moved to .*: Founding Day/g)).toHaveLength(2);
    const range = ['--from', '2026-01-01', '--to', '2026-03-31'];
    expect(await say('backfill', 'monthly', ...range, '--dry-run')).toMatch(
      /3 of 3 moments would be made up for\.$/,
    );
    expect(await say('run', 'monthly')).toMatch(/^Accepted: run [\da-f-]{36}/);
    expect(await say('resume', 'monthly')).toMatch(/^monthly: /);
    await say('delete', 'monthly');
  }, 120_000);

  test.each<[string[], RegExp]>([
    [['show', 'mail-triag'], /^1: .*no schedule "mail-triag"; did you mean "mail-triage"\?/],
    [['edit', 'mail-triage', '--cron', '0 0 30 2 *'], /^\d: .*a day like that never comes/],
    [['edit', 'mail-triage', '--timezone', 'Berlin'], /^\d: .*did you mean "Europe\/Berlin"\?/],
    [['edit', 'mail-triage', '--overlap', 'never'], /^2: .*allow, skip, queue, cancel old/],
    [['edit', 'mail-triage', '--unset', 'color'], /^2: .*"color" is no rule/],
    [
      ['edit', 'mail-triage', '--calendar', 'none.ics'],
      /^\d: .*none\.ics cannot be read \(ENOENT\)/,
    ],
    [
      ['backfill', 'mail-triage', '--from', '2126-01-01', '--to', '2126-01-02'],
      /^\d: .*is not past/,
    ],
    [['reset', 'nothing'], /^1: .*no schedule "nothing"/],
    [['create', 'x', '--job', 'mail-triage'], /^\d: .*(cron|payload|mailbox)/],
  ])('tell what is wrong with %j', async (args, expected) => {
    expect((await say(...args)).replaceAll('\n', ' ')).toMatch(expected);
  });
});
