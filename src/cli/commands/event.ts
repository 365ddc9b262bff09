import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { readPayload } from './run-options.ts';

interface EventOptions {
  readonly key?: string;
  readonly payload: unknown;
}

export function addEventCommand(program: Command, cli: Cli): void {
  program
    .command('event <name>')
    .description('tell the runs that wait for it (ctx.waitFor) that something happened')
    .option('--key <text>', 'which one: an order, a customer; runs that ask for another wait on')
    .option(
      '--payload <json>',
      'what they get; @FILE reads a file, @- standard input',
      readPayload,
      {},
    )
    .addHelpText(
      'after',
      '\nExample:\n  nightshift event invoice-paid --key 2026-117 --payload \'{"amount":120}\'',
    )
    .action(
      cli.withApi(async ({ api, output }, name: string, { key, payload }: EventOptions) => {
        const sent = await api.post<{ woken: number }>('/events', { name, key, payload });
        output.answer(sent, ({ woken }) => say(name, woken));
      }),
    );
}

function say(name: string, woken: number): string {
  if (woken > 0) return `Sent: ${name} woke ${woken} ${woken === 1 ? 'run' : 'runs'}.`;
  return `Sent: no run waits for ${name} now; it is kept for a while, for the first that comes (NIGHTSHIFT_EVENT_KEEP).`;
}
