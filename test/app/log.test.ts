import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { openFaults } from '../../src/app/faults.ts';
import { openLog, optionsOf } from '../../src/app/log.ts';
import { openLogScope } from '../../src/app/log-scope.ts';
import { Failure } from '../../src/core/errors.ts';
import { temporaryFolder } from '../support/folder.ts';
import { until } from '../support/until.ts';

const sizes = { fileBytes: 10_240, filesKept: 3 };

function openRead(redact: readonly string[] = []) {
  const written: string[] = [];
  const scope = openLogScope();
  const log = pino(optionsOf({ level: 'debug', redact }, scope), {
    write: (line: string) => void written.push(line),
  });
  const last = () => JSON.parse(written.at(-1)!) as Record<string, unknown>;
  return { log, scope, written, last };
}

test('no line tells a password, a token or a cookie: not of a field, an error, its cause, a URL, or a message', () => {
  const { log, written } = openRead(['iban']);
  const failure = new Failure(
    'database.unreachable',
    {
      host: 'db',
      port: 1,
      reason: 'x',
      variable: 'DATABASE_URL',
      url: 'postgres://a:hunter2@db',
      password: 'hunter2',
    },
    new Error('connect to redis://:hunter2@redis'),
  );
  log.error({ err: failure });
  log.warn({ headers: { authorization: 'Bearer hunter2', cookie: 'sid=hunter2' } }, 'refused');
  log.info({ payload: { password: 'hunter2', nested: [{ customerIban: 'hunter2' }] } }, 'payload');
  log.info('could not reach %s', 'postgres://app:hunter2@db:5432/nightshift');
  log.info(`sent Authorization: Bearer hunter2-hunter2`);
  expect(written).toHaveLength(5);
  for (const line of written) expect(line).not.toContain('hunter2');
  expect(written[0]).toContain('"type":"Failure"');
  expect(written[0]).toContain('test/app/log.test.ts');
});

test('each line on the way of a request says which, and who made it once that is known', async () => {
  const { log, scope, last } = openRead();
  log.info('before');
  expect(last()).not.toHaveProperty('request');
  await scope.within({ request: 'r-1' }, async () => {
    await Promise.resolve();
    scope.ids().actor = 'ada';
    log.info({ job: 'digest' }, 'within');
  });
  expect(last()).toMatchObject({ request: 'r-1', actor: 'ada', job: 'digest', msg: 'within' });
  log.info('after');
  expect(last()).not.toHaveProperty('request');
  expect(last()).not.toHaveProperty('actor');
});

test('what went wrong with a run says which run, job and attempt, as a failure and as a bug', () => {
  const { log, last } = openRead();
  const { onError } = openFaults(log);
  const about = { run: 'r', job: 'digest', attempt: 2 };
  onError(new Failure('run.timeout', { timeout: '5m' }), about);
  expect(last()).toMatchObject({ ...about, level: 50 });
  onError(new TypeError('x is not a function'), about);
  expect(last()).toMatchObject({ ...about, err: { type: 'TypeError' } });
});

test('a log file that is full is followed by the next, the oldest go, and no line is lost on the way', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'made/for/it/nightshift.log');
  const log = await openLog({ level: 'info', file, ...sizes }, openLogScope());
  const files = () => readdirSync(join(folder.path, 'made/for/it'));
  const last = 300;
  for (let i = 1; i <= last; i++) {
    log.info({ i, filler: 'x'.repeat(200) }, 'line');
    await new Promise((resolve) => setImmediate(resolve));
  }
  const kept = await until(() => (files().length === sizes.filesKept ? files() : undefined));
  const numbers = kept
    .flatMap((name) =>
      readFileSync(join(folder.path, 'made/for/it', name), 'utf8')
        .trim()
        .split('\n'),
    )
    .map((line) => (JSON.parse(line) as { i: number }).i)
    .sort((a, b) => a - b);
  const first = numbers[0]!;
  expect(first).toBeGreaterThan(1);
  expect(numbers).toEqual(Array.from({ length: last - first + 1 }, (_, i) => first + i));
});

test('a second start goes on in the newest file', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'nightshift.log');
  for (const msg of ['first', 'second'])
    (await openLog({ level: 'info', file, ...sizes }, openLogScope())).info(msg);
  expect(readdirSync(folder.path)).toEqual(['nightshift.1.log']);
  expect(readFileSync(join(folder.path, 'nightshift.1.log'), 'utf8')).toMatch(/first[^]*second/);
});

test('a log file that cannot be written stops the start, with what to do', async () => {
  await using folder = await temporaryFolder();
  const taken = join(folder.path, 'taken');
  writeFileSync(taken, '');
  const opening = openLog({ level: 'info', file: join(taken, 'x.log'), ...sizes }, openLogScope());
  await expect(opening).rejects.toMatchObject({
    code: 'log.file',
    message: expect.stringMatching(/taken\/x\.log.*set NIGHTSHIFT_LOG_FILE/),
  });
});
