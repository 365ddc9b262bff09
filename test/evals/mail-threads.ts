import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseMail } from '../../jobs/mail-triage/mail/mail.ts';
import { joinThreads } from '../../jobs/mail-triage/threads/threads.ts';
import { atLeast, notMeasured, round } from '../support/report.ts';
import type { LabelledMail } from './labelled-mails.ts';
import type { PartReport } from './part.ts';

const program = 'notmuch';

type Threads = ReadonlyMap<string, string>;

/** Threads against notmuch on the same mails, where notmuch is installed. */
export function measureThreads(mails: readonly LabelledMail[]): PartReport {
  const theirs = askNotmuch(mails);
  if (theirs === undefined)
    return {
      rows: [],
      goals: [
        notMeasured('threads: agreement with notmuch', '≥ 0.995', 'notmuch is not installed'),
      ],
    };
  const { agreed, all, bothJoin, eitherJoins } = comparePairs(ownThreads(mails), theirs);
  return {
    rows: [
      {
        name: 'threads: pairs joined by both',
        value: bothJoin,
        note: `of ${eitherJoins} joined by either`,
      },
      { name: 'threads: the same, as a share', value: round(bothJoin / eitherJoins) },
    ],
    goals: [atLeast('threads: agreement with notmuch', agreed / all, 0.995)],
  };
}

function ownThreads(mails: readonly LabelledMail[]): Threads {
  const parsed = mails.map(({ raw }) => parseMail(raw)).filter(({ messageId }) => messageId !== '');
  const { rows } = joinThreads(parsed, []);
  return new Map(rows.map(({ messageId, thread }) => [messageId, thread]));
}

function askNotmuch(mails: readonly LabelledMail[]): Threads | undefined {
  const root = mkdtempSync(join(tmpdir(), 'nightshift-notmuch-'));
  try {
    const folder = join(root, 'mail');
    mkdirSync(folder);
    for (const [at, { path }] of mails.entries()) cpSync(path, join(folder, `${at}.eml`));
    const config = join(root, 'config');
    writeFileSync(
      config,
      `[database]\npath=${folder}\n[user]\nname=a\nprimary_email=a@example.org\n[new]\ntags=new\n`,
    );
    const notmuch = (...words: string[]) =>
      execFileSync(program, words, {
        env: { ...process.env, NOTMUCH_CONFIG: config },
        encoding: 'utf8',
        maxBuffer: 1 << 28,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    notmuch('new', '--quiet');
    const found = JSON.parse(notmuch('search', '--format=json', '--output=summary', '*')) as {
      thread: string;
      query: (string | null)[];
    }[];
    return new Map(
      found.flatMap(({ thread, query }) =>
        idsOf(query[0] ?? '').map((id) => [id, thread] as const),
      ),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function idsOf(query: string): string[] {
  return [...query.matchAll(/id:(?:"((?:[^"]|"")*)"|(\S+))/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare!,
  );
}

/** Counts the pairs of mails that both know by how they are joined. */
function comparePairs(ours: Threads, theirs: Threads) {
  const ids = [...theirs.keys()].filter((id) => ours.has(id));
  let agreed = 0;
  let bothJoin = 0;
  let eitherJoins = 0;
  for (const [at, a] of ids.entries()) {
    for (const b of ids.slice(at + 1)) {
      const own = ours.get(a) === ours.get(b);
      const their = theirs.get(a) === theirs.get(b);
      if (own === their) agreed++;
      if (own && their) bothJoin++;
      if (own || their) eitherJoins++;
    }
  }
  return { agreed, all: (ids.length * (ids.length - 1)) / 2, bothJoin, eitherJoins };
}
