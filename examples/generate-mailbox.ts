import { Command, InvalidArgumentError, Option } from 'commander';
import { createEncoder } from './generator/charsets.ts';
import { damageMessage } from './generator/damage.ts';
import type { Category } from './generator/draft.ts';
import { createDrafting } from './generator/drafting.ts';
import {
  type Format,
  formats,
  isEmptyFolder,
  type MailFile,
  writeMails,
} from './generator/folders.ts';
import { writeMessage } from './generator/message.ts';
import { createCast } from './generator/people.ts';
import { createRandom } from './generator/random.ts';

/** A generated mail; `category` is what it is for its owner when it arrives. */
export interface GeneratedMail extends MailFile {
  readonly category: Category;
}

const firstMs = Date.UTC(2026, 0, 5, 7);
const brokenShare = 0.03;

/**
 * Yields `count` mails of one inbox, oldest first: threads, twelve languages, all categories, about 3 % broken.
 * The same seed gives the same bytes on any machine; a greater count begins with the mails of a smaller one.
 */
export function* generateMails(options: { seed: number; count: number }): Generator<GeneratedMail> {
  const random = createRandom(options.seed);
  const encode = createEncoder();
  const draftNext = createDrafting(random, createCast(random, 120));
  let sentMs = firstMs;
  for (let number = 1; number <= options.count; number += 1) {
    sentMs += random.between(20, 1500) * 1000;
    const draft = draftNext(sentMs, number);
    const message = writeMessage(draft, { random, encode, sentMs });
    const isBroken = random.chance(brokenShare);
    yield {
      name: `mail-${String(number).padStart(6, '0')}.eml`,
      bytes: Buffer.from(isBroken ? damageMessage(message, random) : message, 'latin1'),
      category: isBroken ? 'broken' : draft.category,
    };
  }
}

interface Flags {
  readonly seed: number;
  readonly count: number;
  readonly out: string;
  readonly format: Format;
}

/** Runs the command line; wrong use ends with status 2 and a sentence on what to do. */
function runCommand(args: readonly string[]): void {
  const command = createCommand().parse(args);
  const { seed, count, out, format } = command.opts<Flags>();
  try {
    if (!isEmptyFolder(out)) {
      command.error(`error: ${out} already holds files; name a new or an empty folder with --out`);
    }
    const written = writeMails(generateMails({ seed, count }), out, format);
    process.stdout.write(`${written} mails written to ${out} (${format}, seed ${seed})\n`);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    command.error(`error: cannot write to ${out}: ${message}; name a folder you may write to`);
  }
}

function createCommand(): Command {
  const command = new Command('generate-mailbox')
    .description(
      'Writes a mailbox of invented mails: threads, all categories, many languages, some of them broken.',
    )
    .option(
      '--seed <number>',
      'the same seed gives the same mails',
      parseWhole(0, 4_294_967_295),
      1,
    )
    .option('--count <number>', 'how many mails', parseWhole(1, 999_999), 1000)
    .requiredOption('--out <folder>', 'a new or empty folder to write to')
    .addOption(new Option('--format <format>', 'how they are kept').choices(formats).default('eml'))
    .addHelpText(
      'after',
      '\nExample:\n  node examples/generate-mailbox.ts --seed 7 --count 2000 --out tmp/mails',
    )
    .allowExcessArguments(false);
  return command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
}

function parseWhole(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= low && value <= high) return value;
    throw new InvalidArgumentError(`Write a whole number from ${low} to ${high}.`);
  };
}

if (import.meta.main) runCommand(process.argv);
