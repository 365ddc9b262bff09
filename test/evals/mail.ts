import { notMeasured } from '../support/report.ts';
import { readMails } from './labelled-mails.ts';
import { measureActions } from './mail-actions.ts';
import { measureCategories } from './mail-categories.ts';
import { measureParsing } from './mail-parsing.ts';
import { measureSpam } from './mail-spam.ts';
import { measureThreads } from './mail-threads.ts';
import type { Part, PartReport } from './part.ts';

/** Mail triage: spam, requests, threads, survival and speed. */
export const mail: Part = async (options) => {
  const folder = options.find('mail');
  const training = options.findTraining('mail');
  const reports: PartReport[] = [];
  if (folder === undefined) reports.push(missingMails());
  else {
    const mails = readMails(folder);
    // Speed first, before the others leave their garbage.
    reports.push(measureParsing(mails, options.isQuick));
    reports.push(measureSpam(mails, training === undefined ? undefined : readMails(training)));
    reports.push(measureThreads(mails));
  }
  reports.push(measureActions(options.find('intents')));
  reports.push(await measureCategories());
  return {
    rows: reports.flatMap(({ rows }) => rows),
    goals: reports.flatMap(({ goals }) => goals),
  };
};

function missingMails(): PartReport {
  const goals = {
    'spam accuracy': '≥ 0.992',
    'ham lost at the cut': '≤ 0.007',
    'sure spam: recall': '≥ 0.8',
    'sure spam: ham in it': '≤ 0.0005',
    'threads: agreement with notmuch': '≥ 0.995',
    'mails parsed': '≥ 1',
    'mails/s classified': '≥ 1500',
  };
  return {
    rows: [],
    goals: Object.entries(goals).map(([name, goal]) =>
      notMeasured(name, goal, 'the set "mail" is not in --data'),
    ),
  };
}
