import { resolve } from 'node:path';
import type { Command } from 'commander';
import { listActions, listImportant, type StoredMail } from '../../../jobs/mail-triage/index.ts';
import { formatMs } from '../../core/duration.ts';
import type { SearchResult } from '../../documents/index.ts';
import type { ApiSession, Cli } from '../cli.ts';
import { formatTable } from '../table.ts';
import { waitForRun } from './enqueue.ts';

interface DemoOptions {
  readonly mailbox: string;
}

export function addDemoCommand(program: Command, cli: Cli): void {
  program
    .command('demo')
    .description('triage the sample mailbox, or one of yours, and show what was found')
    .option(
      '--mailbox <path>',
      'a Maildir, an mbox file or a folder of .eml files of yours',
      'sample',
    )
    .addHelpText(
      'after',
      '\nThe mailbox is only read. What is found stays in the data folder on this machine.',
    )
    .action(
      cli.withApi(
        (session, options: DemoOptions) => demo(session, options),
        () => ({ working: 'always' }),
      ),
    );
}

interface TriageResult {
  readonly read: number;
  readonly known: number;
  readonly mailbox: string;
}

async function demo(session: ApiSession, { mailbox }: DemoOptions): Promise<void> {
  const { api, output } = session;
  const began = performance.now();
  output.note(`Triaging ${mailbox === 'sample' ? 'the sample mailbox' : mailbox} …`);
  const payload = { mailbox: mailbox === 'sample' ? mailbox : resolve(mailbox), limit: 5000 };
  const { id } = await api.post<{ id: string }>('/runs', { job: 'mail-triage', payload });
  const run = await waitForRun(session, id);
  if (run.state !== 'succeeded') {
    output.answer(
      run,
      () => `The triage ${run.state}: ${run.error?.message ?? 'no reason is known'}`,
    );
    process.exitCode = 1;
    return;
  }
  const result = run.result as TriageResult;
  const found = await lookUp(session, result.mailbox);
  output.answer({ run, ...found }, () =>
    [
      `Read ${result.read} new mails in ${formatMs(performance.now() - began)}; ${result.known} were read before.`,
      ...show(found),
      nextSteps(id),
    ].join('\n\n'),
  );
}

const rowsShown = 12;

/** What the documents of the mailbox say, of this run and of earlier ones. */
async function lookUp({ api }: ApiSession, mailbox: string) {
  const search = (facet: string) => {
    const query = new URLSearchParams({ kind: 'mail', limit: '100' });
    query.append('facet', `mailbox:${mailbox}`);
    if (facet !== '') query.append('facet', facet);
    return api.get<SearchResult>(`/search?${query.toString()}`);
  };
  const read = async (facet: string): Promise<StoredMail[]> => {
    const { hits } = await search(facet);
    return Promise.all(hits.map((hit) => api.get<StoredMail>(`/documents/${hit.id}`)));
  };
  const { facets } = await search('');
  return {
    categories: facets.category ?? [],
    languages: facets.language ?? [],
    important: listImportant(await read('priority:high'), rowsShown),
    actions: listActions(await read('has_action:yes'), rowsShown),
    broken: (await search('has_finding:yes')).total,
  };
}

function show({
  categories,
  languages,
  important,
  actions,
  broken,
}: Awaited<ReturnType<typeof lookUp>>): string[] {
  const languageNames = languages.map(({ value, count }) => `${value} ${count}`).join(', ');
  return [
    formatTable(
      ['CATEGORY', 'MAILS'],
      categories.map(({ value, count }) => [value, count]),
    ),
    `Languages: ${languageNames}. Mails with something broken in them, read all the same: ${broken}.`,
    formatTable(
      ['MATTERS', 'FROM', 'SUBJECT', 'WHY'],
      important.map(({ category, from, subject, why }) => [
        category,
        from,
        subject,
        why.join('; '),
      ]),
      { wide: true },
    ),
    formatTable(
      ['DUE', 'FROM', 'WHAT YOU ARE ASKED'],
      actions.map(({ due, from, sentence }) => [due?.slice(0, 10) ?? '–', from, sentence]),
      { wide: true },
    ),
  ];
}

function nextSteps(id: string): string {
  return `Where to look next:
  npm run nightshift -- search invoice --kind mail     find a mail by its words
  npm run nightshift -- search --facet category:unsure what the triage was not sure of
  npm run nightshift -- runs show ${id}
  npm run demo -- --mailbox ~/Maildir                  the same for a mailbox of yours
  npm start                                            triage every five minutes, until ctrl-C`;
}
