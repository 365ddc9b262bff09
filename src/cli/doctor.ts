import { access, constants, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Config } from '../../config/index.ts';
import { findSecret, migrationsOf, openDatabaseOf } from '../app/index.ts';
import { findProtection } from '../audit/index.ts';
import { isAdminAlive } from '../auth/index.ts';
import { checkWritable, openFolderArchive } from '../connectors/archive-fs/index.ts';
import { openMailboxes } from '../connectors/mailbox/index.ts';
import { listDuties } from '../control/index.ts';
import { formatMs } from '../core/duration.ts';
import { isFailure } from '../core/errors.ts';
import { collectRoles } from '../core/roles.ts';
import { type Database, readServerLoad } from '../db/index.ts';
import { findInstallation, listAhead, listWorkers, type WorkerRow } from '../ledger/index.ts';
import { openQueues } from '../queue/index.ts';

/** One thing that was looked at. */
export interface Finding {
  readonly what: string;
  readonly state: 'fine' | 'warning' | 'fault';
  /** What was found and, where something is wrong, what to do. */
  readonly says: string;
}

/** Looks at everything a start needs. What cannot be looked at because of an earlier fault is left out. */
export async function examine(readConfig: () => Config): Promise<Finding[]> {
  const findings: Finding[] = [examineNode()];
  let config: Config;
  try {
    config = readConfig();
  } catch (error) {
    return [...findings, fault('configuration', error)];
  }
  findings.push(fine('configuration', `valid; the footprint is ${config.footprint}`));
  for (const { message } of config.warnings)
    findings.push({ what: 'configuration', state: 'warning', says: message });
  if (config.database.kind === 'pglite')
    findings.push(...(await examineFolder(config.database.folder)));
  if (findings.every(({ state }) => state !== 'fault'))
    findings.push(...(await examineServers(config)));
  findings.push(await examineArchive(config), await examineMailbox(config));
  return findings;
}

const leastNode = 24;
const enoughBytes = 500 * 1024 * 1024;

function examineNode(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= leastNode) return fine('node', process.version);
  return {
    what: 'node',
    state: 'fault',
    says: `${process.version} is too old, ${leastNode} is needed. Start by npm (npm run nightshift -- doctor): it brings its own.`,
  };
}

async function examineFolder(folder: string): Promise<Finding[]> {
  const path = resolve(folder);
  const existing = await closestExisting(path);
  const space = await statfs(existing);
  const free = space.bavail * space.bsize;
  const findings: Finding[] = [];
  try {
    await access(existing, constants.R_OK | constants.W_OK | constants.X_OK);
    findings.push(
      fine('data folder', existing === path ? path : `${path}, made by the first start`),
    );
  } catch {
    findings.push({
      what: 'data folder',
      state: 'fault',
      says: `${existing} cannot be written; run: chown ${process.getuid?.() ?? 'you'} ${existing}, or set NIGHTSHIFT_DATA to another folder.`,
    });
  }
  const says = `${Math.round(free / 1024 ** 2)} MiB free`;
  findings.push(
    free >= enoughBytes
      ? fine('disk', says)
      : {
          what: 'disk',
          state: 'warning',
          says: `only ${says}; make room, or set NIGHTSHIFT_DATA to another disk.`,
        },
  );
  return findings;
}

async function closestExisting(path: string): Promise<string> {
  try {
    await access(path);
    return path;
  } catch {
    return dirname(path) === path ? path : closestExisting(dirname(path));
  }
}

async function examineServers(config: Config): Promise<Finding[]> {
  let database: Database;
  try {
    database = await openDatabaseOf(config);
  } catch (error) {
    if (isFailure(error, 'database.folder_locked'))
      return [fine('database', `in use: ${error.message}`)];
    return [fault('database', error)];
  }
  try {
    const schema = await examineSchema(database);
    const working = schema.state === 'fine' && config.footprint !== 'embedded';
    return [
      await examineDatabase(database),
      schema,
      ...(schema.says === upToDate
        ? [await examineKeys(config, database), await examineAudit(config, database)]
        : []),
      ...(working
        ? [
            ...(await examineWorkers(config, database)),
            await examineDuties(database),
            await examineConnections(config, database),
          ]
        : []),
      ...(await examineQueues(config, database, schema.state === 'fine')),
    ];
  } finally {
    await database.close();
  }
}

async function examineDatabase(database: Database): Promise<Finding> {
  const [row] = await database.query<{ version: string }>(
    `select current_setting('server_version') as version`,
  );
  const { driver } = database;
  const how = driver.kind === 'pglite' ? ' (embedded)' : driver.isPooled ? ' through a pooler' : '';
  return fine('database', `PostgreSQL ${row?.version} answers${how}`);
}

const upToDate = 'up to date';

async function examineSchema(database: Database): Promise<Finding> {
  try {
    await migrationsOf(database).requireMigrated();
    return fine('schema', upToDate);
  } catch (error) {
    if (database.driver.kind === 'pglite' && isFailure(error, 'database.not_migrated'))
      return fine('schema', 'brought up to date by the next start');
    return fault('schema', error);
  }
}

async function examineAudit(config: Config, database: Database): Promise<Finding> {
  const says = 'checkpoints are not signed; set NIGHTSHIFT_SECRET to 32 characters or more';
  if ((await findSecret(config)) === undefined) return warning('audit log', says);
  return fine('audit log', (await findProtection(database)).says);
}

async function examineWorkers({ runtime }: Config, database: Database): Promise<Finding[]> {
  const workers = await listWorkers(database, runtime.detectionMs);
  if (workers.length === 0)
    return [warning('workers', 'none is running; start one with: nightshift start')];
  const running = fine('workers', workers.map(nameOf).join(', '));
  return [
    running,
    ...workers.flatMap((worker) => examineDelay(worker, runtime.detectionMs)),
    ...(await examineVersions(database, runtime.detectionMs)),
  ];
}

/** Runs that only newer code than what runs can do, as in the middle of a deploy, or after a roll back. */
async function examineVersions(database: Database, detectionMs: number): Promise<Finding[]> {
  const ahead = await listAhead(database, detectionMs);
  return ahead.map(({ job, version, known, runs }) =>
    warning(
      'versions',
      `${runs} queued runs of ${job} were accepted by newer code, up to version ${version}, and the newest worker has version ${known}; they wait for one that has it. See docs/guides/deploying-a-change.md.`,
    ),
  );
}

/** A worker whose event loop was blocked for half the time after which it counts as dead. */
function examineDelay(worker: WorkerRow, detectionMs: number): Finding[] {
  const { eventLoopDelayMaxMs = 0 } = (worker.sample ?? {}) as { eventLoopDelayMaxMs?: number };
  if (eventLoopDelayMaxMs < detectionMs / 2) return [];
  return [
    warning(
      'workers',
      `a job blocked ${nameOf(worker)} for ${formatMs(eventLoopDelayMaxMs)}; after ${formatMs(detectionMs)} (NIGHTSHIFT_DETECTION) the worker counts as dead and its runs go to others. Give the job isolation: 'process', see docs/guides/writing-a-job.md.`,
    ),
  ];
}

function nameOf({ host, pid }: WorkerRow): string {
  return `${host} (process ${pid})`;
}

/** Whether what runs now could need more connections than Postgres allows. */
async function examineConnections(config: Config, database: Database): Promise<Finding> {
  const { most, open, ours } = await readServerLoad(database);
  const workers = await listWorkers(database, config.runtime.detectionMs);
  const { driver } = database;
  const each = driver.kind === 'postgres' ? driver.connections.total : 0;
  const needed = workers.length * each + (open - ours);
  const says = `${open} of ${most} that PostgreSQL allows are open, ${ours} by Nightshift; a process takes up to ${each}`;
  if (needed <= most) return fine('connections', says);
  return warning(
    'connections',
    `${says}, so that the ${workers.length} running may need ${needed}; raise max_connections, lower NIGHTSHIFT_DATABASE_CONNECTIONS, or put a PgBouncer between (docs/guides/servers.md).`,
  );
}

/** Nobody can make another key over HTTP then. */
async function examineKeys({ roles }: Config, database: Database): Promise<Finding> {
  if (await isAdminAlive(database, collectRoles(roles)))
    return fine('keys', 'an admin key is good');
  return warning(
    'keys',
    'no admin key is good; npm start prints the first one once, and this machine makes another: nightshift key create --name me --role admin',
  );
}

async function examineDuties(database: Database): Promise<Finding> {
  const duties = await listDuties(database);
  const late = duties.filter((duty) => duty.late).map(({ name }) => name);
  const failing = duties.filter(({ failures }) => failures > 0);
  const start = 'no control plane is at work; start one with: nightshift start';
  if (duties.length === 0) return warning('duties', `none has ever run: ${start}`);
  if (late.length > 0)
    return warning('duties', `${late.join(', ')} ${late.length > 1 ? 'are' : 'is'} late: ${start}`);
  if (failing.length === 0)
    return fine('duties', `${duties.map(({ name }) => name).join(', ')} on time`);
  const faults = failing.map(
    ({ name, failures, error }) => `${name} failed ${failures} times: ${error}`,
  );
  return warning('duties', faults.join('\n'));
}

async function examineQueues(
  config: Config,
  database: Database,
  migrated: boolean,
): Promise<Finding[]> {
  try {
    const { id } = migrated ? await findInstallation(database) : { id: null };
    const installation = id === null ? {} : { installation: id };
    const queues = await openQueues({ database, ...config.queue, ...installation });
    try {
      const ms = await queues.ping();
      return [
        fine('queues', `answer in ${ms.toFixed(1)} ms (${config.footprint})`),
        ...queues.warnings.map((says): Finding => ({ what: 'queues', state: 'warning', says })),
      ];
    } finally {
      await queues.close();
    }
  } catch (error) {
    return [fault('queues', error)];
  }
}

async function examineArchive({ archive, footprint }: Config): Promise<Finding> {
  const folder = openFolderArchive(archive);
  const shared = footprint === 'embedded' ? '' : '; every machine needs this same folder';
  try {
    const existing = await closestExisting(folder.place);
    if (existing !== folder.place) {
      await access(existing, constants.W_OK | constants.X_OK);
      return fine('archive', `${folder.place}, made by the first large result${shared}`);
    }
    await checkWritable(folder);
    return fine('archive', `${folder.place} can be written${shared}`);
  } catch (error) {
    return fault('archive', error);
  }
}

async function examineMailbox(config: Config): Promise<Finding> {
  try {
    const mailbox = await openMailboxes({ named: config.mailboxes }).open(config.mailbox);
    return fine('mailbox', `${mailbox.name} can be read`);
  } catch (error) {
    return fault('mailbox', error);
  }
}

function fine(what: string, says: string): Finding {
  return { what, state: 'fine', says };
}

function warning(what: string, says: string): Finding {
  return { what, state: 'warning', says };
}

function fault(what: string, error: unknown): Finding {
  return { what, state: 'fault', says: error instanceof Error ? error.message : String(error) };
}
