import type { MailEntry } from '../../src/core/connectors.ts';
import type { RunContext } from '../../src/core/context.ts';
import { isFailure } from '../../src/core/errors.ts';
import { type Mail, parseMail } from './mail/mail.ts';
import { keyOf } from './mail-key.ts';
import { type Acquaintance, knowPeople, meetPeople } from './people/acquaintance.ts';
import type { FeatureCounts } from './spam/counts.ts';
import { findAcquaintance } from './store.ts';
import { judgeMail, type TriagedMail } from './triage.ts';

/** What reading some mails gave: the mails, and those that could not be read, with the reason. */
export interface ReadBatch {
  readonly mails: readonly BatchMail[];
  /** What the mails add to what is known of people. */
  readonly met: Acquaintance;
  readonly unreadable: readonly { readonly id: string; readonly finding: string }[];
}

export interface BatchMail {
  readonly id: string;
  readonly triaged: TriagedMail;
  /** Those of the mail and those of fetching it. */
  readonly findings: readonly string[];
  /** Why its conversation makes it something else than it is by itself. */
  readonly settled?: string;
}

interface ParsedMail extends Pick<BatchMail, 'id' | 'findings'> {
  readonly mail: Mail;
}

interface BatchSources {
  readonly ctx: RunContext<'documents' | 'database'>;
  readonly mailbox: string;
  readonly entries: ReadonlyMap<string, MailEntry>;
  readonly counts: FeatureCounts;
}

const maxBytes = 4 * 1024 * 1024;

/** Reads and judges the mails of a batch that are not stored yet; what cannot be read is a finding. */
export async function readBatch(
  ids: readonly string[],
  { ctx, mailbox, entries, counts }: BatchSources,
): Promise<ReadBatch> {
  const stored = await ctx.documents.known(
    'mail',
    ids.map((id) => keyOf(mailbox, id)),
  );
  const parsed: ParsedMail[] = [];
  const unreadable: { id: string; finding: string }[] = [];
  for (const id of ids.filter((id) => !stored.has(keyOf(mailbox, id)))) {
    ctx.signal.throwIfAborted();
    const read = await readEntry(entries.get(id));
    if ('finding' in read) unreadable.push({ id, finding: read.finding });
    else {
      const mail = parseMail(read.bytes);
      parsed.push({ id, mail, findings: [...read.findings, ...mail.findings] });
    }
  }
  const met = meetPeople(parsed);
  const addresses = met.contacts.map(({ address }) => address);
  const people = knowPeople(await findAcquaintance(ctx.database, mailbox, addresses), met);
  const judge = { counts, now: ctx.now(), people };
  const mails = parsed.map(({ id, mail, findings }) => ({
    id,
    findings,
    triaged: judgeMail(mail, judge),
  }));
  return { mails, unreadable, met };
}

async function readEntry(
  entry: MailEntry | undefined,
): Promise<{ bytes: Uint8Array; findings: string[] } | { finding: string }> {
  if (!entry) return { finding: 'the mail was gone before it could be read' };
  try {
    const bytes = await entry.read(maxBytes);
    const isCut = entry.size > maxBytes;
    return {
      bytes,
      findings: isCut
        ? [
            `the mail has ${megabytes(entry.size)} MB; only its first ${megabytes(maxBytes)} MB were read`,
          ]
        : [],
    };
  } catch (error) {
    if (isFailure(error, 'mail.gone'))
      return { finding: 'the mail was gone before it could be read' };
    if (isFailure(error, 'mail.unreadable'))
      return { finding: `the mail could not be read (${String(error.details['reason'])})` };
    throw error;
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(bytes % (1024 * 1024) === 0 ? 0 : 1);
}
