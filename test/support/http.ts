import type { TestProcess } from './process.ts';

/** Where a process of the product answers, as its log says. */
export async function urlOf(started: TestProcess): Promise<string> {
  return /http:[^"]+/.exec(await started.said(/"url":"http:[^"]+"/))![0];
}

/** The status and the JSON of an answer. */
export async function ask<T>(url: string, body?: unknown): Promise<{ status: number; body: T }> {
  const response = await fetch(url, {
    ...(body !== undefined && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  return { status: response.status, body: (await response.json()) as T };
}
