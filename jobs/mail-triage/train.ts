/**
 * Learns the start model: `node jobs/mail-triage/train.ts FOLDER`, where FOLDER has `ham/*.eml` and
 * `spam/*.eml`, writes start.model.json beside this file. The shipped one was learned from the public-domain
 * SpamAssassin corpus; it holds hashed counts of features and no text.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseMail } from './mail/mail.ts';
import { openCounts } from './spam/counts.ts';
import { listFeatures } from './spam/features.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write(
    'Usage: node jobs/mail-triage/train.ts FOLDER (with ham/*.eml and spam/*.eml in it)\n',
  );
  process.exit(2);
}
const counts = openCounts();
for (const side of ['ham', 'spam'] as const)
  for (const name of readdirSync(join(folder, side)).filter((name) => name.endsWith('.eml')))
    counts.learn(listFeatures(parseMail(readFileSync(join(folder, side, name)))), side);
const model = counts.toModel();
writeFileSync(new URL('start.model.json', import.meta.url), `${JSON.stringify(model)}\n`);
process.stdout.write(
  `Learned from ${model.mails.ham} ham and ${model.mails.spam} spam mails; ${model.features.length} characters of counts.\n`,
);
