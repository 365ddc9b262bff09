import { generateMails } from '../../examples/generate-mailbox.ts';
import { writeMails } from '../../examples/generator/folders.ts';

/** Writes a folder of invented mails, the same for the same seed; answers how many. */
export function generateMailbox(folder: string, options: { seed: number; count: number }): number {
  return writeMails(generateMails(options), folder, 'eml');
}
