import { makeKey } from './keys.ts';
import type { TestRuntime } from './runtime.ts';

/** Somebody with a browser, without the browser: keeps the cookie that is given, and follows no redirect. */
export interface Visitor {
  /** As `name=value`; '' for none. */
  cookie: string;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Visit>;
  /** Sends a form as a page of ours does, unless `headers` say otherwise. */
  post(
    path: string,
    form?: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Visit>;
  /** Signs in with a new key. Answers the key's id and secret. */
  signIn(
    runtime: TestRuntime,
    wish?: Parameters<typeof makeKey>[1],
  ): Promise<{ readonly id: string; readonly secret: string }>;
}

export interface Visit {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  /** Where it leads to, or ''. */
  readonly location: string;
}

export function openVisitor(url: string): Visitor {
  const html = 'text/html,application/xhtml+xml';
  async function ask(path: string, init: RequestInit): Promise<Visit> {
    const response = await fetch(`${url}${path}`, {
      ...init,
      redirect: 'manual',
      headers: { accept: html, cookie: visitor.cookie, ...(init.headers as object) },
    });
    const { status, headers } = response;
    for (const given of headers.getSetCookie()) visitor.cookie = given.split(';', 1)[0]!;
    const location = headers.get('location') ?? '';
    return { status, headers, location, text: await response.text() };
  }
  const visitor: Visitor = {
    cookie: '',
    get: (path, headers = {}) => ask(path, { headers }),
    post: (path, form = {}, headers = { 'sec-fetch-site': 'same-origin' }) =>
      ask(path, { method: 'POST', headers, body: new URLSearchParams(form) }),
    async signIn({ database }, wish) {
      const { secret, key } = await makeKey(database, wish);
      const { status, text } = await visitor.post('/login', { key: secret });
      if (status !== 303) throw new Error(`signing in was answered ${status}: ${text}`);
      return { id: key.id, secret };
    },
  };
  return visitor;
}
