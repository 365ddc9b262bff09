import { styleText } from 'node:util';
import type { Command } from 'commander';
import { markEnd, markStart, type SearchResult } from '../../documents/index.ts';
import type { Cli } from '../cli.ts';
import { formatTime } from '../output.ts';
import { printable } from '../table.ts';

interface SearchOptions {
  readonly kind?: string;
  readonly facet: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly limit: string;
}

export function addSearchCommand(program: Command, cli: Cli): void {
  program
    .command('search [words...]')
    .description('find what jobs stored: any of the words, best first; without words the newest')
    .option('--kind <kind>', 'only documents of this kind, such as mail')
    .option(
      '--facet <name:value>',
      'only documents with this facet; may be said again',
      collect,
      [],
    )
    .option('--from <date>', 'not older than this')
    .option('--to <date>', 'older than this')
    .option('--limit <number>', 'how many at the most, up to 100', '10')
    .addHelpText(
      'after',
      '\nA "quoted phrase" must be there, -word must not, wor* is any word that begins so.\n' +
        'Example:\n  nightshift search invoice --kind mail --facet category:receipt',
    )
    .action(
      cli.withApi(async ({ api, output }, words: string[], options: SearchOptions) => {
        const { facet, ...rest } = options;
        const query = new URLSearchParams({ ...rest });
        if (words.length > 0) query.set('q', words.join(' '));
        for (const pair of facet) query.append('facet', pair);
        const result = await api.get<SearchResult>(`/search?${query.toString()}`);
        output.answer(result, () => formatResult(result));
      }),
    );
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function formatResult({ hits, total, facets }: SearchResult): string {
  if (hits.length === 0) return 'Nothing was found.';
  const found = hits.map(({ title, kind, at, facets, snippet }) => {
    const tags = [kind, facets.category, formatTime(at).slice(0, 10)].filter(Boolean).join(' · ');
    const heading = `${styleText('bold', printable(title) || '(no title)')}  ${styleText('dim', tags)}`;
    return snippet === '' ? heading : `${heading}\n  ${mark(snippet)}`;
  });
  const counts = Object.entries(facets).map(
    ([name, values]) =>
      `  ${name}: ${values
        .slice(0, 6)
        .map(({ value, count }) => `${printable(value)} ${count}`)
        .join(', ')}`,
  );
  return [...found, '', `${hits.length} of ${total}. By facet:`, ...counts].join('\n');
}

/** The found words, underlined. */
function mark(snippet: string): string {
  const [before = '', ...marked] = snippet.split(markStart);
  const rest = marked.map((part) => {
    const [found = '', after = ''] = part.split(markEnd);
    return styleText('underline', found) + after;
  });
  return [before, ...rest].join('');
}
