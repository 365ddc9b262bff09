import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestApi, type TestApi } from '../support/api.ts';
import { openDoor } from '../support/door.ts';
import { jobOf } from '../support/runtime.ts';

let api: TestApi;
let url: string;
beforeAll(async () => {
  const job = jobOf('mail-triage', (ctx) => {
    ctx.log.info('sorted');
    return Promise.resolve({ read: 200 });
  });
  api = await openTestApi('postgres', [job], { door: openDoor() });
  url = await api.listen();
  await api.runtime.work();
});
afterAll(() => api[Symbol.asyncDispose]());

/** What the answer to each command of the page holds, in their order. */
const answers = [
  /^\{"id":"[\da-f-]{36}"\}$/,
  /"state":"succeeded".*"result":\{"read":200\}/,
  /^\{"id":"[\da-f-]{36}"\}$/,
  /"accepted":\[\{"index":0,.*"refused":\[\{"index":1,"code":"job.unknown"/,
  /event: log\ndata: .*"message":"sorted"[^]*event: end\n/,
  /^\{"runs":\[\{"id":/,
  /"dryRun":true,"matched":0/,
];

test('every command of the page on the HTTP API does what the page says', async () => {
  const page = await readFile('docs/guides/http-api.md', 'utf8');
  const blocks = [...page.matchAll(/```sh\n([^]*?)```/g)].map(([, code]) => code!);
  const commands = blocks.flatMap((block) => block.trim().split('\n'));
  expect(commands).toHaveLength(answers.length);
  const { id } = (await api.call<{ id: string }>('POST', '/runs', { job: 'mail-triage' }, host))
    .body;
  for (const [at, command] of commands.entries()) {
    const env = { ...process.env, API: url, RUN: id };
    const { stdout } = await promisify(execFile)('sh', ['-c', command], { env });
    expect({ command, stdout }).toMatchObject({
      stdout: expect.stringMatching(answers[at]!) as string,
    });
  }
});

const host = { host: 'localhost' };
