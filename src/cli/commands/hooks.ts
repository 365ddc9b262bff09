import type { Command } from 'commander';
import type { Received } from '../../hooks/index.ts';
import type { Cli } from '../cli.ts';
import {
  type Deliveries,
  formatDeliveries,
  formatDelivery,
  formatHooks,
  type ShownDelivery,
  type ShownHooks,
} from './hook-texts.ts';
import { parseWhole } from './run-options.ts';

interface ListOptions {
  readonly outcome?: string;
  readonly event?: string;
  readonly limit: number;
}

export function addHookCommands(program: Command, cli: Cli): void {
  const hooks = program
    .command('hooks')
    .description('webhooks that trigger jobs, and the log of what they delivered');
  hooks
    .command('list')
    .description('the webhooks, what they trigger, and what they lack')
    .action(
      cli.withApi(async ({ api, output }) => {
        const { hooks } = await api.get<ShownHooks>('/hooks');
        output.answer(hooks, formatHooks);
      }),
    );
  hooks
    .command('deliveries <hook>')
    .description('what came to a webhook, newest first')
    .option('--outcome <outcome>', 'accepted, nothing, duplicate, replayed, refused or failed')
    .option('--event <event>', "only this event, in the sender's words")
    .option('--limit <number>', 'how many at the most', parseWhole, 20)
    .action(
      cli.withApi(async ({ api, output }, hook: string, options: ListOptions) => {
        const query = new URLSearchParams({ ...options, limit: String(options.limit) });
        const page = await api.get<Deliveries>(`${pathOf(hook)}?${query.toString()}`);
        output.answer(page.deliveries, formatDeliveries);
      }),
    );
  hooks
    .command('delivery <hook> <id>')
    .description('one delivery with its headers and body')
    .action(
      cli.withApi(async ({ api, output }, hook: string, id: string) => {
        output.answer(await api.get<ShownDelivery>(pathOf(hook, id)), formatDelivery);
      }),
    );
  hooks
    .command('redeliver <hook> <id>')
    .description('map a delivery of the log anew, as if it had just come')
    .action(
      cli.withApi(async ({ api, output }, hook: string, id: string) => {
        const received = await api.post<Received>(`${pathOf(hook, id)}/redeliver`);
        output.answer(received, ({ run, reason = '' }) =>
          run === undefined
            ? `Nothing to do: ${reason}.`
            : `Accepted: run ${run}. Follow it with: nightshift runs show ${run}`,
        );
      }),
    );
}

/** Names and ids are text from a person: they must not become another path. */
function pathOf(hook: string, id?: string): string {
  const deliveries = `/hooks/${encodeURIComponent(hook)}/deliveries`;
  return id === undefined ? deliveries : `${deliveries}/${encodeURIComponent(id)}`;
}
