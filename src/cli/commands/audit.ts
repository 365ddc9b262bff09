import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { type Command, Option } from 'commander';
import type { Config } from '../../../config/index.ts';
import { findSecret } from '../../app/index.ts';
import { openSigner, protectAudit, type Verification, verifyExport } from '../../audit/index.ts';
import { auditActions } from '../../core/audit.ts';
import { Failure } from '../../core/errors.ts';
import type { Api } from '../api.ts';
import type { Cli } from '../cli.ts';
import { formatEntries, formatVerification, type ShownEntry } from './audit-texts.ts';
import { parseWhole } from './run-options.ts';

interface VerifyOptions {
  readonly trust?: readonly string[];
  readonly file?: string;
}

interface ExportOptions {
  readonly from?: string;
  readonly to?: string;
  readonly out?: string;
}

export function addAuditCommands(program: Command, cli: Cli): void {
  const audit = program
    .command('audit')
    .description('the audit log: who changed, saw or was refused what');
  addList(audit, cli);
  addVerify(audit, cli);
  addExport(audit, cli);
  addProtect(audit, cli);
}

function addList(audit: Command, cli: Cli): void {
  audit
    .command('list')
    .description('the newest entries')
    .option('--actor <actor>', 'only what this one did, by id or name')
    .addOption(new Option('--action <action>', 'only this').choices(Object.keys(auditActions)))
    .addOption(
      new Option('--outcome <outcome>', 'only these').choices(['done', 'refused', 'revealed']),
    )
    .option('--resource <kind>', 'only what was done to such things: run, queue, key')
    .option('--id <id>', 'only what was done to this, by its id or name')
    .option('--from <time>', 'only from this moment on, as 2026-11-21T03:00:00Z')
    .option('--to <time>', 'only before this moment')
    .option('--limit <number>', 'how many at the most', parseWhole, 20)
    .option('--cursor <cursor>', 'the page after, by the cursor of the page before')
    .action(
      cli.withApi(async ({ api, output }, options: Record<string, string>) => {
        const query = new URLSearchParams({ ...options, limit: String(options['limit']) });
        const page = await api.get<{ entries: ShownEntry[] }>(`/audit?${query.toString()}`);
        output.answer(page, ({ entries }) => formatEntries(entries));
      }),
    );
}

function addVerify(audit: Command, cli: Cli): void {
  audit
    .command('verify')
    .description('look whether any entry was changed, taken out or put in; status 1 if one was')
    .option('--file <file>', 'look at an export instead, without the database')
    .option('--trust <keys...>', 'public keys of earlier secrets, whose signatures count, too')
    .action(async (...given: unknown[]) => {
      const { file } = given[0] as VerifyOptions;
      const verify = file === undefined ? verifyByApi(cli) : verifyFile(cli);
      await verify(...given);
    });
}

function verifyByApi(cli: Cli) {
  return cli.withApi(async ({ api, output }, { trust }: VerifyOptions) => {
    const verified = await api.post<Verification>('/audit/verify', trust ? { trust } : {});
    output.answer(verified, formatVerification);
    if (!verified.intact) process.exitCode = 1;
  });
}

function verifyFile(cli: Cli) {
  return cli.plain(async ({ output }, { file = '', trust = [] }: VerifyOptions) => {
    const secret = await findSecret(cli.config());
    const own = secret === undefined ? [] : [openSigner(secret).publicKey];
    const verified = await verifyExport(await openLines(file), [...trust, ...own]);
    output.answer(verified, formatVerification);
    if (!verified.intact) process.exitCode = 1;
  });
}

/** The lines of a file, each time anew; those of a pipe, which gives them once, are kept. */
async function openLines(file: string): Promise<() => AsyncIterable<string>> {
  const read = () => createInterface({ input: createReadStream(file) });
  try {
    await access(file, constants.R_OK);
    if ((await stat(file)).isFile()) return read;
    const lines = await Array.fromAsync(read());
    return () => Readable.from(lines);
  } catch (error) {
    throw new Failure('audit.file', { file, reason: (error as Error).message }, error);
  }
}

function addExport(audit: Command, cli: Cli): void {
  audit
    .command('export')
    .description('every sealed entry, one line of JSON each, to be verified by itself')
    .option('--from <time>', 'from this moment on, as 2026-11-21T03:00:00Z')
    .option('--to <time>', 'before this moment')
    .option('--out <file>', 'to this file, instead of standard output')
    .action(
      cli.withApi(async ({ api, output }, { out, ...range }: ExportOptions) => {
        const file = out === undefined ? undefined : createWriteStream(out, { mode: 0o600 });
        let lines = 0;
        for await (const page of pagesOf(api, range)) {
          lines += page.length;
          const text = page.map((line) => `${line}\n`).join('');
          const to = file ?? process.stdout;
          if (!to.write(text)) await once(to, 'drain');
        }
        if (!file) return;
        file.end();
        await finished(file);
        output.answer(
          { file: out, lines },
          () => `Written to ${out}. Verify it with: nightshift audit verify --file ${out}`,
        );
      }),
    );
}

async function* pagesOf(api: Api, range: Omit<ExportOptions, 'out'>): AsyncGenerator<string[]> {
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams(cursor === undefined ? { ...range } : { cursor });
    const page = await api.get<{ lines: string[]; cursor?: string }>(
      `/audit/export?${query.toString()}`,
    );
    yield page.lines;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

function addProtect(audit: Command, cli: Cli): void {
  audit
    .command('protect')
    .description('hand the log over to a role of its own, so that Nightshift can only add to it')
    .requiredOption('--as <url>', 'the database, by the URL of an administrator')
    .option('--role <role>', 'the role that Nightshift works as; that of DATABASE_URL otherwise')
    .action(
      cli.plain(async ({ output }, { as, role }: { as: string; role?: string }) => {
        const protection = await protectAudit(as, role ?? roleOf(cli.config()));
        output.answer(protection, ({ says }) => `Done: ${says}.`);
      }),
    );
}

function roleOf({ database }: Config): string {
  if (database.kind !== 'postgres') throw new Failure('audit.embedded', {});
  return decodeURIComponent(new URL(database.url).username) || 'postgres';
}
