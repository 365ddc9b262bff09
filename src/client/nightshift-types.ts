#!/usr/bin/env node
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openHttp } from './http.ts';
import { type DescribedJob, renderJobTypes } from './job-types.ts';
import { NightshiftError } from './problem.ts';

const usage = `Writes the types of a server's jobs, for openClient<Jobs>.

  nightshift-types --url http://localhost:2300 [--key KEY | --key @FILE] [--out jobs.ts] [--check]

  --out     the file to write; standard output when it is left out
  --check   only say, by the exit status, whether the file is what would be written`;

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof NightshiftError) && !isWrongUse(error)) throw error;
  process.stderr.write(`nightshift-types: ${(error as Error).message}\n`);
  process.exitCode = isWrongUse(error) ? 2 : 1;
}

async function main(): Promise<number> {
  const { url, key, out, check, help } = readArguments();
  if (help) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const http = openHttp({ url, ...(key !== undefined && { key: readKey(key) }) });
  const { jobs } = await http.call<{ jobs: DescribedJob[] }>({ method: 'GET', path: '/jobs' });
  const text = renderJobTypes(jobs);
  if (out === undefined) process.stdout.write(text);
  else if (!check) writeFileSync(out, text);
  else if (readFileSync(out, 'utf8') !== text) {
    process.stderr.write(`nightshift-types: ${out} is not what the server's jobs are now\n`);
    return 1;
  }
  return 0;
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: 'http://localhost:2300' },
      key: { type: 'string' },
      out: { type: 'string' },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return values;
}

/** On a command line a key can be seen by others; in a file it cannot. */
function readKey(given: string): string {
  return given.startsWith('@') ? readFileSync(given.slice(1), 'utf8').trim() : given;
}

function isWrongUse(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^(ERR_PARSE_ARGS|ENOENT|EACCES)/.test(code);
}
