import type { TestProcess } from './process.ts';

/** Where a process of the product answers, as its log says. */
export async function urlOf(started: TestProcess): Promise<string> {
  return /http:[^"]+/.exec(await started.said(/"url":"http:[^"]+"/))![0];
}

/** The status and the JSON of an answer: to a GET, or to a POST of `body`; with a key where one is needed. */
export async function ask<T>(
  url: string,
  body?: unknown,
  key?: string,
): Promise<{ status: number; body: T }> {
  const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const response = await fetch(url, {
    headers: authorization,
    ...(body !== undefined && {
      method: 'POST',
      headers: { ...authorization, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  return { status: response.status, body: (await response.json()) as T };
}
