import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

/** The text of a file of the repository. */
export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Every file that is or will be committed. */
export function listFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  return listed.split('\n').filter((path) => path !== '');
}

/** Every page written for people, mails and their notes aside. */
export function listPages(): string[] {
  return listFiles().filter((path) => path.endsWith('.md'));
}

/** A fenced block of code; `title` is the path in its first line, when that is a comment. */
export interface CodeBlock {
  readonly language: string;
  readonly code: string;
  readonly title: string | undefined;
}

export function listCodeBlocks(page: string): CodeBlock[] {
  return [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', code = '']) => ({
    language,
    code,
    title: /^\/\/ (\S+\.ts)\n/.exec(code)?.[1],
  }));
}

/** What stands between backticks in running text. */
export function listInlineCode(page: string): string[] {
  const prose = page.replaceAll(/^```.*?^```$/gms, '');
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
}

/** The rows of the table whose heading begins so, each as its cells. */
export function listRows(page: string, beginning: string): string[][] {
  const lines = page.split('\n');
  const heading = lines.findIndex((line) => line.startsWith(`| ${beginning} |`));
  if (heading < 0) throw new Error(`there is no table whose heading begins with "${beginning}"`);
  const end = lines.findIndex((line, at) => at > heading && !line.startsWith('|'));
  return lines.slice(heading + 2, end).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}
