import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { formatTime } from '../output.ts';
import { formatTable } from '../table.ts';
import { parseWhole } from './run-options.ts';

/** A key as the API answers it; the secret only where it was made. */
interface ShownKey {
  readonly id: string;
  readonly prefix: string;
  readonly name: string;
  readonly role: string;
  readonly jobs: readonly string[] | null;
  readonly state: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
}

interface MadeKey extends ShownKey {
  readonly secret: string;
}

interface CreateOptions {
  readonly name: string;
  readonly role: string;
  readonly jobs?: readonly string[];
  readonly expires?: string;
  readonly rate?: number;
}

interface RotateOptions {
  readonly overlap: string;
  readonly expires?: string;
}

export function addKeyCommands(program: Command, cli: Cli): void {
  const key = program
    .command('key')
    .description('API keys: who may come over HTTP, and what each may do');

  key
    .command('create')
    .description('make a key; its secret is shown this once')
    .requiredOption('--name <text>', 'whose it is, or what it is for')
    .option('--role <role>', 'what it may do, see docs/roles.md', 'viewer')
    .option('--jobs <jobs>', 'only these jobs, by name or prefix*, joined by commas', splitList)
    .option('--expires <duration>', 'how long it is good: 90d; for ever when left out')
    .option('--rate <number>', 'requests in a minute (NIGHTSHIFT_KEY_RATE otherwise)', parseWhole)
    .addHelpText(
      'after',
      "\nExample:\n  nightshift key create --name shop --role developer --jobs 'mail-*' --expires 90d",
    )
    .action(
      cli.withApi(async ({ api, output }, { rate, ...wish }: CreateOptions) => {
        const made = await api.post<MadeKey>('/keys', { ...wish, ratePerMinute: rate });
        output.answer(made, showSecret);
      }),
    );

  key
    .command('list')
    .description('every key, without its secret')
    .action(
      cli.withApi(async ({ api, output }) => {
        const { keys } = await api.get<{ keys: ShownKey[] }>('/keys');
        output.answer(keys, () => (keys.length === 0 ? 'No keys yet.' : formatKeys(keys)));
      }),
    );

  key
    .command('revoke <id>')
    .description('end a key at once, by its id or by what its secret begins with')
    .action(
      cli.withApi(async ({ api, output }, id: string) => {
        const revoked = await api.post<ShownKey>(`${pathOf(id)}/revoke`);
        output.answer(revoked, ({ prefix, name }) => `The key ${prefix} (${name}) is revoked.`);
      }),
    );

  key
    .command('rotate <id>')
    .description('make another key with the same rights, and let this one end')
    .option('--overlap <duration>', 'so long both are good', '24h')
    .option('--expires <duration>', 'how long the new one is good; as the old one when left out')
    .action(
      cli.withApi(async ({ api, output }, id: string, options: RotateOptions) => {
        const made = await api.post<MadeKey & { replaced: ShownKey }>(
          `${pathOf(id)}/rotate`,
          options,
        );
        output.answer(
          made,
          ({ replaced: { prefix, expiresAt } }) =>
            `${showSecret(made)}\nThe key ${prefix} is good until ${formatTime(expiresAt)}.`,
        );
      }),
    );
}

/** An id is text from a person: it must not become another path. */
function pathOf(id: string): string {
  return `/keys/${encodeURIComponent(id)}`;
}

function splitList(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function showSecret({ secret, name, role, jobs, expiresAt }: MadeKey): string {
  const limit = jobs ? `, for the jobs ${jobs.join(', ')}` : '';
  const end = expiresAt === null ? 'does not expire' : `expires ${formatTime(expiresAt)}`;
  return `The key "${name}" has the role ${role}${limit} and ${end}. It is shown this once:\n\n  ${secret}\n`;
}

function formatKeys(keys: readonly ShownKey[]): string {
  return formatTable(
    ['ID', 'PREFIX', 'NAME', 'ROLE', 'JOBS', 'STATE', 'EXPIRES', 'LAST USED'],
    keys.map(({ id, prefix, name, role, jobs, state, expiresAt, lastUsedAt }) => [
      id,
      prefix,
      name,
      role,
      jobs?.join(', ') ?? 'all',
      state,
      formatTime(expiresAt),
      formatTime(lastUsedAt),
    ]),
  );
}
