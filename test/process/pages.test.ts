import { expect, test } from 'vitest';
import { footprints } from '../support/footprint.ts';
import { urlOf } from '../support/http.ts';
import { openTestInstallation } from '../support/installation.ts';
import { until } from '../support/until.ts';
import { openVisitor } from '../support/visitor.ts';

test.each(footprints)(
  'the key that the first start prints opens the pages and Bull Board, on %s',
  async (footprint) => {
    await using installation = await openTestInstallation(footprint);
    const started = await installation.start();
    const key = await until(() =>
      started.lines.flatMap((line) => /^ {2}(nsk_\S+)$/.exec(line)?.[1] ?? []).at(0),
    );
    const visitor = openVisitor(await urlOf(started));
    expect(await visitor.get('/queues')).toMatchObject({
      status: 303,
      location: '/login?next=%2Fqueues',
    });
    const signedIn = await visitor.post('/login', { key, next: '/' });
    expect(signedIn).toMatchObject({ status: 303, location: '/' });
    expect((await visitor.get('/')).text).toContain('first admin <small>admin</small>');
    expect((await visitor.get('/queues')).status).toBe(200);
    const { status, text } = await visitor.get('/queues/api/queues', {
      accept: 'application/json',
    });
    expect([status, text.includes('"name":"mail-triage"')]).toEqual([200, true]);
    expect(started.errors).not.toContain(key);
    expect(started.errors).not.toContain(visitor.cookie.split('=')[1]);
  },
);
