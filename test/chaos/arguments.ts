import { parseArgs } from 'node:util';
import { suggest } from '../../src/core/suggest.ts';
import { faultKinds } from './faults/plan.ts';
import { type ChaosJobName, chaosMix } from './jobs.ts';
import { type ChaosFootprint, chaosFootprints } from './place.ts';
import { bugs } from './planted/bugs.ts';

/** What the suite was asked for. */
export interface Arguments {
  readonly quick: boolean;
  readonly json: boolean;
  readonly seed: number;
  readonly seeds: number;
  readonly footprints: readonly ChaosFootprint[];
  /** Only these kinds of faults, when given. */
  readonly faults: readonly string[] | undefined;
  /** Only these jobs in the load, when given. */
  readonly jobs: readonly ChaosJobName[] | undefined;
  /** The planted bugs to catch: all with an empty name; undefined to play no bugs. */
  readonly planted: string | undefined;
}

const help = `npm run chaos -- [options]
A seeded load of mixed jobs while processes, servers and networks fail; then a checker judges what the database and
the processes wrote down. Exit status 0 when every goal is met, 1 when not, 2 for wrong use.

  --quick              under a minute in all, with the faults that matter most
  --seed N             the same faults and the same load again; a random one when left out
  --seeds N            so many seeds, one after the other (1)
  --footprint NAME     only embedded, postgres or cluster
  --faults "A,B"       only these kinds of faults
  --jobs "A,B"         only these jobs in the load
  --planted [NAME]     plants bugs into copies of the product, and fails when the checker misses one
  --json               the last line is the whole report as one object
  --help               this text, and every kind of fault
`;

/** Reads the command line; prints the help or what is wrong, and ends the process, where that is due. */
export function readArguments(line: readonly string[]): Arguments {
  const values = parse(line);
  if (values.help) {
    const kinds = faultKinds.map(
      ({ name, footprints }) => `  ${name} (${footprints.join(', ')})\n`,
    );
    process.stdout.write(`${help}\nkinds of faults:\n${kinds.join('')}`);
    process.exit(0);
  }
  return {
    quick: values.quick,
    json: values.json,
    seed: wholeNumber('seed', values.seed),
    seeds: wholeNumber('seeds', values.seeds),
    footprints: chooseFootprints(values.footprint),
    faults: values.faults?.split(',').map(checkFault),
    jobs: values.jobs?.split(',').map(checkJob),
    planted: values.planted === undefined ? undefined : checkBug(values.planted),
  };
}

function parse(line: readonly string[]) {
  // parseArgs knows no option whose value may be left out.
  const at = line.indexOf('--planted');
  const bare = at >= 0 && (line[at + 1] ?? '-').startsWith('-');
  const args = bare ? line.toSpliced(at, 1, '--planted=') : [...line];
  try {
    return parseArgs({
      args,
      options: {
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
        seeds: { type: 'string', default: '1' },
        footprint: { type: 'string' },
        faults: { type: 'string' },
        jobs: { type: 'string' },
        planted: { type: 'string' },
      },
    }).values;
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function chooseFootprints(wanted: string | undefined): readonly ChaosFootprint[] {
  if (wanted === undefined) return chaosFootprints;
  const chosen = chaosFootprints.filter((name) => name === wanted);
  if (chosen.length === 0)
    refuse(`--footprint: there is no "${wanted}"; write ${chaosFootprints.join(', ')}`);
  return chosen;
}

function checkFault(text: string): string {
  const name = text.trim();
  const names = faultKinds.map((kind) => kind.name);
  if (!names.includes(name))
    refuse(`--faults: there is no "${name}"${suggest(name, names) || '; --help lists them'}`);
  return name;
}

function checkJob(text: string): ChaosJobName {
  const name = text.trim();
  const names = Object.keys(chaosMix);
  if (!names.includes(name))
    refuse(`--jobs: there is no "${name}"${suggest(name, names)}; there are ${names.join(', ')}`);
  return name as ChaosJobName;
}

function checkBug(name: string): string {
  const names = bugs.map((bug) => bug.name);
  if (!names.some((known) => known.startsWith(name)))
    refuse(
      `--planted: there is no "${name}"${suggest(name, names)}; there are ${names.join(', ')}`,
    );
  return name;
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) refuse(`--${name}: "${text}" is not a whole number`);
  return Number(text);
}

function refuse(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
