/**
 * `npm run chaos -- [--quick] [--json] [--seed N] [--seeds N] [--footprint embedded|postgres|cluster]`: a seeded
 * load of small jobs, while its processes are killed and frozen; then a checker judges what the database and the
 * processes wrote down. Exit status 0 when nothing was violated, 1 with the violations and the seed, 2 wrong use.
 */
import { parseArgs } from 'node:util';
import { atMost, printReport } from '../support/report.ts';
import { type Invariant, invariants } from './checker.ts';
import { type ChaosFootprint, type ChaosPlace, chaosFootprints, openPlace } from './place.ts';
import { detectionMs, type Played, playScenario } from './scenario.ts';
import { describePlayed, slowestAgainSeconds } from './tables.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    seeds: { type: 'string', default: '1' },
    footprint: { type: 'string' },
  },
});
const seed = wholeNumber('seed', values.seed);
const seeds = wholeNumber('seeds', values.seeds);
const size = values.quick
  ? { runs: 180, faults: 3, slots: 2 }
  : { runs: 1200, faults: 12, slots: 3 };

const played: Played[] = [];
for (let i = 0; i < seeds; i++) played.push(...(await playSeed(seed + i)));
for (const { footprint, seed, violations, breakdowns } of played) {
  for (const says of breakdowns) process.stderr.write(`${footprint}, --seed ${seed}: ${says}\n`);
  for (const { invariant, says } of violations)
    process.stderr.write(`${footprint}, --seed ${seed}: ${invariants[invariant]}: ${says}\n`);
}
const rows = played.flatMap(describePlayed);
const goals = [
  ...(Object.keys(invariants) as Invariant[]).map((invariant) =>
    atMost(`violations of "${invariants[invariant]}"`, countViolations(invariant), 0),
  ),
  atMost(
    'processes that broke down by themselves',
    played.flatMap((one) => one.breakdowns).length,
    0,
  ),
  atMost(
    `seconds until the slowest run of a killed process goes again (silence counts as death after ${detectionMs / 1000} s)`,
    Math.max(...played.map(slowestAgainSeconds)),
    30,
  ),
];
printReport({ suite: 'chaos', rows, goals }, { json: values.json });
if (played.some(({ violations, breakdowns }) => violations.length + breakdowns.length > 0))
  process.exitCode = 1;

/** All footprints at once: they share nothing but the machine, which is one more disturbance. */
async function playSeed(seed: number): Promise<Played[]> {
  process.stderr.write(`--seed ${seed}\n`);
  await using stack = new AsyncDisposableStack();
  const places: ChaosPlace[] = [];
  // One by one: a new PGlite holds up this process for seconds.
  for (const footprint of chooseFootprints()) places.push(stack.use(await openPlace(footprint)));
  return await Promise.all(places.map((place) => playScenario({ place, seed, ...size })));
}

function chooseFootprints(): readonly ChaosFootprint[] {
  const { footprint } = values;
  if (footprint === undefined) return chaosFootprints;
  const chosen = chaosFootprints.filter((name) => name === footprint);
  if (chosen.length === 0)
    refuse(`--footprint: there is no "${footprint}"; write ${chaosFootprints.join(', ')}`);
  return chosen;
}

function countViolations(invariant: Invariant): number {
  return played.flatMap(({ violations }) => violations).filter((one) => one.invariant === invariant)
    .length;
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) refuse(`--${name}: "${text}" is not a whole number`);
  return Number(text);
}

function refuse(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
