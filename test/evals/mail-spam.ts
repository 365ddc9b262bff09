import { parseMail } from '../../jobs/mail-triage/mail/mail.ts';
import { openCounts } from '../../jobs/mail-triage/spam/counts.ts';
import { listFeatures } from '../../jobs/mail-triage/spam/features.ts';
import { scoreSpam, spamCut, sureSpamCut } from '../../jobs/mail-triage/spam/spam-classifier.ts';
import { atLeast, atMost, round } from '../support/report.ts';
import { foldOf, type LabelledMail } from './labelled-mails.ts';
import type { PartReport } from './part.ts';

interface Scored {
  readonly isSpam: boolean;
  readonly score: number;
}

const folds = 5;

/**
 * Spam, judged by a model that never saw the mail: learned from `training`, or, without it, from the other
 * four fifths of the mails themselves. The shipped start model takes no part.
 */
export function measureSpam(
  mails: readonly LabelledMail[],
  training: readonly LabelledMail[] | undefined,
): PartReport {
  const scored = training ? scoreBy(mails, training) : crossValidate(mails);
  const how = training
    ? `learned from ${training.length} mails of --train`
    : `cross-validated, ${folds} folds`;
  const spam = scored.filter(({ isSpam }) => isSpam);
  const ham = scored.filter(({ isSpam }) => !isSpam);
  const lost = ham.filter(({ score }) => score >= spamCut).length;
  const missed = spam.filter(({ score }) => score < spamCut).length;
  const sureHam = ham.filter(({ score }) => score >= sureSpamCut).length;
  const sureSpam = spam.filter(({ score }) => score >= sureSpamCut).length;
  return {
    rows: [
      { name: 'spam: mails judged', value: scored.length, note: how },
      { name: 'spam: ham lost', value: lost, note: `of ${ham.length}, cut ${spamCut}` },
      { name: 'spam: spam missed', value: missed, note: `of ${spam.length}` },
      { name: 'spam: ham in sure spam', value: sureHam, note: `cut ${sureSpamCut}` },
      { name: 'spam: sure spam', value: sureSpam, note: `${round(sureSpam / spam.length)} of it` },
    ],
    goals: [
      atLeast('spam accuracy', 1 - (lost + missed) / scored.length, 0.992),
      atMost('ham lost at the cut', lost / ham.length, 0.007),
      atLeast('sure spam: recall', sureSpam / spam.length, 0.8),
      atMost('sure spam: ham in it', sureHam / ham.length, 1 / 2000),
    ],
  };
}

function scoreBy(mails: readonly LabelledMail[], training: readonly LabelledMail[]): Scored[] {
  const counts = openCounts();
  for (const { raw, isSpam } of training)
    counts.learn(listFeatures(parseMail(raw)), isSpam ? 'spam' : 'ham');
  return mails.map(({ raw, isSpam }) => ({ isSpam, score: scoreSpam(parseMail(raw), counts) }));
}

function crossValidate(mails: readonly LabelledMail[]): Scored[] {
  return Array.from({ length: folds }, (_, fold) =>
    scoreBy(
      mails.filter(({ name }) => foldOf(name, folds) === fold),
      mails.filter(({ name }) => foldOf(name, folds) !== fold),
    ),
  ).flat();
}
