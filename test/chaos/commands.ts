import type { SpoiltClock } from './clock.ts';
import type { Producer } from './producer.ts';

/** What a line on the standard input of a node may ask for. */
export type Command =
  /** Do nothing else for so long: a handler that computes. */
  | { readonly kind: 'block'; readonly ms: number }
  /** Move `Date` this far; 0 puts it right. */
  | { readonly kind: 'jump'; readonly offMs: number }
  /** SIGKILL to a process, its own or a server's, when the next `enqueue` has just resolved. */
  | { readonly kind: 'kill at accept'; readonly pid: number }
  /** Enqueue what is missing and no more, and say when nothing is unfinished. */
  | { readonly kind: 'finish' };

/** Does what `line` asks. */
export function obey(
  line: string,
  parts: { clock: SpoiltClock; producer?: Producer; finish: () => Promise<void> },
): void {
  const command = JSON.parse(line) as Command;
  switch (command.kind) {
    case 'block':
      block(command.ms);
      break;
    case 'jump':
      parts.clock.jump(command.offMs);
      break;
    case 'kill at accept':
      parts.producer?.killAtAccept(command.pid);
      break;
    case 'finish':
      void parts.finish();
      break;
  }
}

function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
