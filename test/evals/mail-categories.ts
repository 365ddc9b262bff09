import { readFileSync } from 'node:fs';
import { generateMails } from '../../examples/generate-mailbox.ts';
import { mailTriage, mailTriageMigrations } from '../../jobs/mail-triage/index.ts';
import { parseMail } from '../../jobs/mail-triage/mail/mail.ts';
import { knowPeople, meetPeople } from '../../jobs/mail-triage/people/acquaintance.ts';
import { openStartCounts } from '../../jobs/mail-triage/spam/start-model.ts';
import { judgeMail } from '../../jobs/mail-triage/triage.ts';
import { openMailboxes } from '../../src/connectors/mailbox/index.ts';
import { openTestbed } from '../../src/testing/index.ts';
import { atLeast, round } from '../support/report.ts';
import type { PartReport, Row } from './part.ts';

interface Judged {
  readonly wanted: string;
  readonly found: string;
}

const examples = new URL('../../examples/', import.meta.url);
const generated = { seed: 20_261_113, count: 1000 };

/** Categories against labels: the sample mailbox through the whole job, and generated mails as they arrive. */
export async function measureCategories(): Promise<PartReport> {
  const sample = await judgeSample();
  const arrived = judgeGenerated();
  return {
    rows: [
      ...rowsOf('sample mailbox', sample),
      {
        name: 'generated mails: categories agree',
        value: shareOf(arrived),
        note: countOf(arrived),
      },
      ...rowsOf('generated mails', arrived),
    ],
    goals: [atLeast('sample mailbox: categories agree', shareOf(sample), 0.9)],
  };
}

/** The whole job on the sample; `broken` says what a mail's form is, so it is no category. */
async function judgeSample(): Promise<Judged[]> {
  const labels = JSON.parse(
    readFileSync(new URL('mailbox.labels.json', examples), 'utf8'),
  ) as Record<string, string>;
  const testbed = await openTestbed({ migrations: mailTriageMigrations });
  try {
    const mailbox = openMailboxes({ named: { sample: new URL('mailbox', examples).pathname } });
    await testbed.runJob(mailTriage, { mailbox: 'sample' }, { connectors: { mailbox } });
    const stored = await testbed.sql.query<{ key: string; found: string }>(
      `select key, facets ->> 'category' as found from nightshift.documents where kind = 'mail'`,
    );
    return stored
      .map(({ key, found }) => ({
        wanted: labels[key.slice(key.indexOf('/') + 1)] ?? 'broken',
        found,
      }))
      .filter(({ wanted }) => wanted !== 'broken');
  } finally {
    await testbed.close();
  }
}

/** What each mail is by itself, the people of the mailbox known. */
function judgeGenerated(): Judged[] {
  const mails = [...generateMails(generated)]
    .filter(({ category }) => category !== 'broken')
    .map(({ name, bytes, category }) => ({ id: name, mail: parseMail(bytes), category }));
  const people = knowPeople({ contacts: [], letters: [] }, meetPeople(mails));
  const judge = { counts: openStartCounts(), now: new Date('2026-11-13T18:00:00Z'), people };
  return mails.map(({ mail, category }) => ({
    wanted: category,
    found: judgeMail(mail, judge).category.answer,
  }));
}

function rowsOf(set: string, judged: readonly Judged[]): Row[] {
  const categories = [...new Set(judged.map(({ wanted }) => wanted))].sort();
  return categories.map((category) => {
    const wanted = judged.filter((mail) => mail.wanted === category);
    const found = judged.filter((mail) => mail.found === category);
    const right = wanted.filter((mail) => mail.found === category).length;
    const precision = found.length === 0 ? '–' : round(right / found.length);
    return {
      name: `${set}: ${category}`,
      value: `${right}/${wanted.length}`,
      note: `precision ${precision}, recall ${round(right / wanted.length)}`,
    };
  });
}

function shareOf(judged: readonly Judged[]): number {
  return round(judged.filter(({ wanted, found }) => wanted === found).length / judged.length);
}

function countOf(judged: readonly Judged[]): string {
  return `seed ${generated.seed}, ${judged.length} mails, by themselves`;
}
