import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as a scripted server heard it. */
export interface HeardRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** What is done with one request. */
export type Reply = (response: ServerResponse, request: HeardRequest) => void;

/** A server that answers as a test says: with the next of its replies, and with the last one ever after. */
export interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  readonly heard: readonly HeardRequest[];
  /** Of each path (below `/api/v1`) the replies, in order. */
  readonly replies: Record<string, Reply[]>;
}

export async function openScriptedServer(
  replies: Record<string, Reply[]>,
): Promise<ScriptedServer> {
  const heard: HeardRequest[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const body = await readBody(request);
      const { pathname } = new URL(request.url!, 'http://any');
      const path = pathname.replace('/api/v1', '');
      const told = { method: request.method!, path, headers: request.headers, body };
      heard.push(told);
      const left = replies[path] ?? [json(404, { code: 'route.missing', detail: 'none' })];
      (left.length > 1 ? left.shift()! : left[0]!)(response, told);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    heard,
    replies,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers JSON. */
export function json(status: number, body: object, headers: Record<string, string> = {}): Reply {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

/** Cuts the connection without an answer. */
export const cut: Reply = (response) => void response.destroy();

/** Never answers. */
export const silent: Reply = () => {};

/** Sends an event stream and then ends it, or cuts it. */
export function events(text: string, ending: 'end' | 'cut' = 'end'): Reply {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(text, () => (ending === 'end' ? response.end() : response.destroy()));
  };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? undefined : JSON.parse(text);
}
