import { listDuties } from '../control/index.ts';
import { formatBytes } from '../core/size.ts';
import { listWorkers } from '../ledger/index.ts';
import type { Component } from './component.ts';
import type { System } from './system.ts';

/** What `/health` asks beside the components of the process itself: the rest of the installation, and the disk. */
export function widerComponents(system: System): readonly Component[] {
  const { config, database } = system;
  return [
    {
      name: 'control-plane',
      isNeeded: false,
      todo: 'Start a control process (nightshift control; npm start has one), and read its log: nightshift doctor says which duties are late.',
      check: () => checkDuties(system),
    },
    {
      name: 'workers',
      isNeeded: false,
      todo: 'Start a worker for these jobs (nightshift worker); what is accepted waits for one.',
      check: () => checkWorkers(system),
    },
    ...Object.entries(foldersOf(config)).map(
      ([name, path]): Component => ({
        name: `disk-${name}`,
        isNeeded: name === 'data' && database.driver.kind === 'pglite',
        todo: `Free room where ${path} lies, let this user write there, or move it (${name === 'data' ? 'NIGHTSHIFT_DATA' : 'NIGHTSHIFT_ARCHIVE'}).`,
        check: () => checkDisk(path),
      }),
    ),
  ];
}

/** The folders that this installation writes to, by what they are for. */
export function foldersOf({
  database,
  archive,
}: System['config']): Readonly<Record<'archive' | 'data', string> | Record<'archive', string>> {
  return database.kind === 'pglite' ? { data: database.folder, archive } : { archive };
}

async function checkDuties({ database }: System): Promise<void> {
  const duties = await listDuties(database);
  if (duties.length === 0) throw new Error('No control plane has ever been here.');
  const late = duties.filter((duty) => duty.late).map(({ name }) => name);
  if (late.length > 0) throw new Error(`Nobody carries out: ${late.join(', ')}.`);
}

async function checkWorkers({ config, database, catalogue }: System): Promise<void> {
  const workers = await listWorkers(database, config.runtime.detectionMs);
  if (workers.length === 0) throw new Error('No worker is alive.');
  const run = new Set(workers.flatMap(({ jobs }) => jobs));
  const idle = catalogue.jobs.map(({ name }) => name).filter((name) => !run.has(name));
  if (idle.length > 0) throw new Error(`No living worker runs: ${idle.join(', ')}.`);
}

/** Less is little: a night's results, and what PostgreSQL in the process writes on its way. */
const leastBytes = 256 * 1024 ** 2;

async function checkDisk(path: string): Promise<void> {
  // Loaded where it is asked for: metrics come with it, and a worker that listens to nobody has none.
  const { readRoom, requireWritable } = await import('../monitoring/index.ts');
  const { freeBytes } = await readRoom(path);
  if (freeBytes < leastBytes)
    throw new Error(`Only ${formatBytes(freeBytes)} are left for ${path}.`);
  await requireWritable(path);
}
