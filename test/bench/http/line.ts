import { connect, type Socket } from 'node:net';

/** One connection that is kept open, with one request on its way at a time. */
export interface Line {
  readonly isFree: boolean;
  /** The status of the answer; throws when the connection breaks before it is whole, and is opened anew by the next. */
  ask(text: string): Promise<number>;
  close(): void;
}

/** Written for what our servers answer, bodies with a length: it costs a fraction of what a general client does. */
export async function openLine(port: number): Promise<Line> {
  let socket = await open(port);
  let waiting: PromiseWithResolvers<number> | undefined;
  let received: Buffer = Buffer.alloc(0);
  listen();

  function listen(): void {
    socket.on('data', (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const status = readAnswer(received);
      if (status === undefined) return;
      received = Buffer.alloc(0);
      settle()?.resolve(status);
    });
    socket.on('error', (error) => settle()?.reject(error));
    socket.on('close', () => settle()?.reject(new Error('the connection was closed')));
  }

  function settle(): PromiseWithResolvers<number> | undefined {
    const settled = waiting;
    waiting = undefined;
    return settled;
  }

  return {
    get isFree() {
      return waiting === undefined;
    },
    async ask(text) {
      const asked = Promise.withResolvers<number>();
      waiting = asked;
      if (socket.destroyed) {
        received = Buffer.alloc(0);
        socket = await open(port);
        listen();
      }
      socket.write(text);
      return asked.promise;
    },
    close: () => void socket.destroy(),
  };
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => resolve(socket.off('error', reject)));
  });
}

/** The status once the answer is whole; 0 for what is no answer of known length. */
function readAnswer(received: Buffer): number | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const head = received.toString('latin1', 0, end);
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (length === undefined) return 0;
  return received.length >= end + 4 + Number(length) ? Number(head.slice(9, 12)) : undefined;
}
