/**
 * `npm run chaos`: a seeded load of small jobs while processes, servers and networks fail; then a checker judges what
 * the database and the processes wrote down. `--help` says the rest.
 */
import { exitOnSignal } from '../support/exit-on-signal.ts';
import { printReport, type Report, type ReportRow } from '../support/report.ts';
import { readArguments } from './arguments.ts';
import { explain } from './explain.ts';
import { openPlace } from './place.ts';
import { describeHunted, findBugs, type Hunted, hunt, judgeHunted } from './planted/hunt.ts';
import { type Played, playScenario } from './scenario.ts';
import { chooseSize, type Size } from './size.ts';
import { describePlayed, type Judged, judge, listMisses } from './tables.ts';

// Each process of a scenario has a listener, so that none outlives the suite.
process.setMaxListeners(0);
exitOnSignal();
const asked = readArguments(process.argv.slice(2));
const report = asked.planted === undefined ? await playAll() : await huntAll(asked.planted);
printReport({ suite: 'chaos', ...report }, asked);
if (report.goals.some(({ met }) => !met)) process.exitCode = 1;

async function playAll(): Promise<Pick<Report, 'rows' | 'goals'>> {
  const size = chooseSize(asked);
  const rows: ReportRow[] = [];
  const judged: Judged[] = [];
  for (let i = 0; i < asked.seeds; i++) {
    for (const { evidence, errors, ...rest } of await playSeed(asked.seed + i, size)) {
      const played = { ...rest, evidence, errors };
      say([explain(played), ...listMisses(played)]);
      rows.push(...describePlayed(played));
      judged.push(rest);
    }
  }
  return { rows, goals: judge(judged, size) };
}

async function huntAll(name: string): Promise<Pick<Report, 'rows' | 'goals'>> {
  const hunted: Hunted[] = [];
  for (const bug of findBugs(name)) {
    say([`planted: ${bug.name}`]);
    hunted.push(await hunt(bug, asked.seed));
  }
  return { rows: hunted.map(describeHunted), goals: judgeHunted(hunted) };
}

/** All footprints at once: they share nothing but the machine, which is one more disturbance. */
async function playSeed(seed: number, size: Size): Promise<Played[]> {
  say([`--seed ${seed}`]);
  await using stack = new AsyncDisposableStack();
  return await Promise.all(
    asked.footprints.map(async (footprint) =>
      playScenario(stack.use(await openPlace(footprint)), seed, size),
    ),
  );
}

function say(lines: readonly string[]): void {
  for (const line of lines) if (line !== '') process.stderr.write(`${line}\n`);
}
