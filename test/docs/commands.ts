import type { Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { buildProgram } from '../../src/cli/program.ts';
import { listCodeBlocks, listInlineCode } from './pages.ts';

const scripts: Readonly<Record<string, string>> = manifest.scripts;

const program = buildProgram(() => {
  throw new Error('no command is run here');
});

/** What a page tells its reader to type: the lines of its shell blocks, and inline code that is a command. */
export function listCommands(page: string): string[] {
  const lines = listCodeBlocks(page)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ code }) => code.split('\n'))
    .flatMap((line) => line.replace(/(^| )#.*$/, '').split('&&'));
  return [...lines, ...listInlineCode(page)]
    .map((text) => text.trim())
    .filter((text) => /^(npm|npx|nightshift|node) /.test(text));
}

/** What is wrong with a command, or nothing. */
export function findFault(text: string): string | undefined {
  const [tool = '', ...words] = split(text);
  if (tool === 'nightshift') return findCliFault(words);
  if (tool !== 'npm') return undefined;
  const [verb = '', ...rest] = words;
  if (['install', 'ci'].includes(verb) || text === 'npm run') return undefined;
  const [script = '', ...args] = verb === 'run' ? rest : words;
  const body = scripts[script];
  if (body === undefined) return `there is no script "${script}"`;
  const cli = /^node src\/cli\/main\.ts ?(.*)$/.exec(body)?.[1];
  const given = args[0] === '--' ? args.slice(1) : args;
  return cli === undefined ? undefined : findCliFault([...split(cli), ...given]);
}

/** Walks the commands as commander does: a name where there are subcommands, else arguments and options. */
function findCliFault(words: readonly string[]): string | undefined {
  let command: Command = program;
  const options = [...program.options];
  for (const word of words) {
    if (word.startsWith('-')) {
      const known = options.some(({ long, short }) => long === word || short === word);
      if (!known && word !== '--help') return `${command.name()} has no option ${word}`;
    } else if (command.commands.length > 0) {
      const next = command.commands.find((one) => one.name() === word);
      if (!next) return `${command.name()} has no command "${word}"`;
      command = next;
      options.push(...next.options);
    }
  }
  return undefined;
}

/** The words of a command line; quotes keep words together. */
function split(text: string): string[] {
  return (text.match(/'[^']*'|"[^"]*"|\S+/g) ?? []).map((word) =>
    word.replaceAll(/^['"]|['"]$/g, ''),
  );
}
