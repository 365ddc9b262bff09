import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { openTurns } from '../../src/db/turns.ts';

/** A network between a client and a server on this machine, for tests that spoil it. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** `url` with the address of the proxy in place of its own. */
  route(url: string): string;
  /** Milliseconds that each packet takes longer from now on, in either direction. */
  delay(ms: number): void;
  /** Closes what is connected and refuses everybody until `restore`. */
  cut(): void;
  /** Keeps connections open and takes new ones, but lets nothing through until `restore`: a lost cable. */
  stall(): void;
  /** Closes what is connected; whoever comes again gets through. */
  drop(): void;
  /** Undoes `cut`, `stall` and `delay`; what was held back goes on. */
  restore(): void;
}

export interface TcpProxyOptions {
  /** The server behind, as the URL its clients use. */
  readonly url: string;
  /** Rewrites what the server answers. */
  readonly alter?: (answer: Buffer) => Buffer;
}

type State = 'open' | 'cut' | 'stalled';

/** Listens on a free port of the loopback and forwards each connection to the server of `url`. */
export async function openTcpProxy({ url, alter }: TcpProxyOptions): Promise<TcpProxy> {
  const target = new URL(url);
  const pairs = new Set<{ client: Socket; server: Socket }>();
  let state: State = 'open';
  let delayMs = 0;
  let restored = Promise.withResolvers<void>();

  function pipe(from: Socket, to: Socket, change = (chunk: Buffer) => chunk): void {
    const inTurn = openTurns();
    from.on('data', (chunk: Buffer) => {
      const due = performance.now() + delayMs;
      void inTurn(async () => {
        if (delayMs > 0) await sleep(Math.max(0, due - performance.now()));
        if (state === 'stalled') await restored.promise;
        if (!to.destroyed) to.write(change(chunk));
      });
    });
    from.on('close', () => void inTurn(() => Promise.resolve(to.destroy())));
    from.on('error', () => {}); // 'close' follows
  }

  const listener = createServer((client) => {
    if (state === 'cut') {
      client.resetAndDestroy();
      return;
    }
    const server = connect(Number(target.port), target.hostname);
    const pair = { client, server };
    pairs.add(pair);
    client.once('close', () => pairs.delete(pair));
    pipe(client, server);
    pipe(server, client, alter);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as { port: number };

  function drop(): void {
    for (const { client, server } of pairs) {
      client.resetAndDestroy();
      server.destroy();
    }
  }

  function restore(): void {
    state = 'open';
    delayMs = 0;
    restored.resolve();
    restored = Promise.withResolvers();
  }

  return {
    port,
    route(other) {
      const routed = new URL(other);
      routed.hostname = '127.0.0.1';
      routed.port = String(port);
      return routed.href;
    },
    delay(ms) {
      delayMs = ms;
    },
    cut() {
      state = 'cut';
      drop();
    },
    stall() {
      state = 'stalled';
    },
    drop,
    restore,
    async [Symbol.asyncDispose]() {
      restore();
      drop();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
