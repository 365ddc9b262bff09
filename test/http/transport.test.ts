import { execFile } from 'node:child_process';
import { rename, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { openTestApi } from '../support/api.ts';
import { openDoor } from '../support/door.ts';
import { temporaryFolder } from '../support/folder.ts';
import { jobOf } from '../support/runtime.ts';
import { until } from '../support/until.ts';

const jobs = [jobOf('plain', () => Promise.resolve())];

/** A raw connection, with all that came by it. */
function dial(url: string): { socket: Socket; text(): string; closed(): boolean } {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = '';
  let closed = false;
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => (text += chunk));
  socket.on('error', () => undefined);
  socket.on('close', () => (closed = true));
  return { socket, text: () => text, closed: () => closed };
}

test('connections that send their head or their body drop by drop are closed, and others are served meanwhile', async () => {
  const door = openDoor({ headersMs: 500, requestMs: 1000, checkMs: 100 });
  await using api = await openTestApi('postgres', jobs, { door });
  const url = await api.listen();
  const slow = Array.from({ length: 50 }, () => dial(url));
  const drip = setInterval(() => {
    for (const { socket } of slow) socket.write('X-Drop: 1\r\n');
  }, 50);
  for (const { socket } of slow) socket.write('GET /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\n');
  const body = dial(url);
  body.socket.write(
    'POST /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
  );
  expect((await fetch(`${url}/jobs`)).status).toBe(200);
  await until(() => slow.every(({ closed }) => closed()), { timeoutMs: 20_000 });
  await until(body.closed, { timeoutMs: 20_000 });
  clearInterval(drip);
  for (const { text } of [...slow, body]) expect(text()).toMatch(/^HTTP\/1\.1 408|^$/);
  expect((await fetch(`${url}/jobs`)).status).toBe(200);
});

test('a body that comes too slowly has one answer, as a problem, and the connection ends', async () => {
  const door = openDoor({ handlerMs: 300, headersMs: 500, requestMs: 1000, checkMs: 100 });
  await using api = await openTestApi('postgres', jobs, { door });
  const body = dial(await api.listen());
  body.socket.write(
    'POST /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
  );
  await until(body.closed, { timeoutMs: 20_000 });
  const [head = '', problem = ''] = body.text().split('\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
  expect(head).toContain('connection: close');
  expect(JSON.parse(problem)).toMatchObject({ status: 408, code: 'request.unfinished' });
});

test.each([
  ['garbage', 400, 'request.unreadable'],
  ['FOO / HTTP/1.1\r\nHost: localhost', 400, 'request.unreadable'],
  [`GET / HTTP/1.1\r\nHost: localhost\r\nX-Large: ${'x'.repeat(20_000)}`, 431, 'request.headers'],
])('what is no request is a problem, too: %.20s', async (text, status, code) => {
  await using api = await openTestApi('postgres', jobs, { door: openDoor() });
  const broken = dial(await api.listen());
  broken.socket.write(`${text}\r\n\r\n`);
  await until(broken.closed);
  const [head = '', problem = ''] = broken.text().split('\r\n\r\n');
  expect(head).toContain('application/problem+json');
  expect(JSON.parse(problem)).toMatchObject({ status, code });
});

test('a head that is too large is refused, and connections beyond the limit are closed', async () => {
  const door = openDoor({ connections: 5 });
  await using api = await openTestApi('postgres', jobs, { door });
  const url = await api.listen();
  const large = dial(url);
  large.socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`);
  await until(large.closed);
  expect(large.text()).toMatch(/^HTTP\/1\.1 431/);
  const many = Array.from({ length: 10 }, () => dial(url));
  await until(() => many.filter(({ closed }) => closed()).length === 5);
  for (const { socket } of many) socket.destroy();
});

test('HTTPS has the certificate that is in its file, also after it was changed', async () => {
  await using folder = await temporaryFolder();
  const files = { cert: join(folder.path, 'cert.pem'), key: join(folder.path, 'key.pem') };
  await createCertificate(files, 'first.example');
  const door = openDoor({ tls: files, tlsCheckMs: 100 });
  await using api = await openTestApi('postgres', jobs, { door });
  const url = await api.listen();
  expect(url).toMatch(/^https:/);
  const first = await askSecurely(url);
  expect(first).toMatchObject({ status: 200, name: 'first.example' });
  expect(first.hsts).toMatch(/^max-age=31536000/);

  await writeFile(files.cert, 'half a certif');
  await until(() => api.runtime.errors.some((error) => String(error).includes('TLS')));
  expect((await askSecurely(url)).name).toBe('first.example');

  const next = { cert: `${files.cert}.next`, key: `${files.key}.next` };
  await createCertificate(next, 'second.example');
  await rename(next.key, files.key);
  await rename(next.cert, files.cert);
  await until(async () => (await askSecurely(url)).name === 'second.example', {
    timeoutMs: 20_000,
  });
});

test('a certificate that does not fit its key stops the start with what is wrong', async () => {
  await using folder = await temporaryFolder();
  const files = { cert: join(folder.path, 'cert.pem'), key: join(folder.path, 'key.pem') };
  await createCertificate(files, 'one.example');
  await createCertificate({ cert: join(folder.path, 'other.pem'), key: files.key }, 'two.example');
  await expect(
    openTestApi('postgres', jobs, { door: openDoor({ tls: files }) }),
  ).rejects.toMatchObject({ code: 'http.tls' });
});

async function createCertificate(
  { cert, key }: { cert: string; key: string },
  name: string,
): Promise<void> {
  const subject = ['-subj', `/CN=${name}`, '-days', '2', '-nodes', '-newkey', 'ec', '-pkeyopt'];
  const curve = 'ec_paramgen_curve:prime256v1';
  await promisify(execFile)('openssl', [
    'req',
    '-x509',
    ...subject,
    curve,
    '-keyout',
    key,
    '-out',
    cert,
  ]);
}

function askSecurely(url: string): Promise<{ status: number; name: string; hsts: string }> {
  return new Promise((resolve, reject) => {
    const call = request(`${url}/jobs`, { rejectUnauthorized: false, agent: false }, (response) => {
      const { CN } = (response.socket as TLSSocket).getPeerCertificate().subject;
      const hsts = String(response.headers['strict-transport-security']);
      response
        .resume()
        .on('end', () => resolve({ status: response.statusCode!, name: String(CN), hsts }));
    });
    call.on('error', reject);
    call.end();
  });
}
