import { hooksOf } from '../../config/index.ts';
import { type MadeKey, makeFirstKey } from '../auth/index.ts';
import { systemAuthor } from '../core/audit.ts';
import { openHooks } from '../hooks/index.ts';
import type { DoorOptions, Server } from '../http/index.ts';
import { usualPort } from '../http/options.ts';
import type { Metrics } from '../monitoring/index.ts';
import { type ProcessKind, web } from './kinds.ts';
import { startMetrics } from './metrics.ts';
import { openWatch, type Watch } from './readiness.ts';
import { listenOnSocket } from './socket.ts';
import type { System } from './system.ts';

/** Serves what a process of this kind answers over HTTP; its URL, or undefined where it serves none. */
export async function startAnswers(
  system: System,
  kind: ProcessKind,
  watch: Watch,
): Promise<string | undefined> {
  const { host, port } = system.config.http;
  if (kind.answers === 'api') {
    const told = { ...watch, metrics: await startMetrics(system, kind) };
    if (system.config.footprint === 'embedded') await openApiServer(system, told);
    const { listenOnPort } = await import('../http/index.ts');
    const server = await buildApiServer(system, { told, isLocal: false, door: doorOf(system) });
    const url = await listenOnPort(server, { host, port: port ?? usualPort });
    await showFirstKey(system);
    return url;
  }
  if (port === undefined) return undefined;
  const { buildHealthServer, listenOnPort } = await import('../http/index.ts');
  const metrics = await startMetrics(system, kind);
  const told = { ...watch, metrics, within: system.logScope.within, onBug: system.onError };
  const server = buildHealthServer({ ...told, door: doorOf(system) }, system);
  system.onClose(() => server.close());
  return listenOnPort(server, { host, port });
}

/** The API for this machine's CLI: on the socket where the database is embedded, else only by `inject`. */
export async function openApiServer(
  system: System,
  told: Told = openWatch(system, web),
): Promise<Server> {
  const server = await buildApiServer(system, { told, isLocal: true });
  if (system.config.footprint === 'embedded')
    system.onClose(await listenOnSocket(server, system.config));
  return server;
}

/** How what listens on a port meets strangers, by the settings of this installation. */
function doorOf({ config, log }: System): DoorOptions {
  const { tlsCert, tlsKey, ...settings } = config.http;
  const tls = tlsCert !== undefined && tlsKey !== undefined && { cert: tlsCert, key: tlsKey };
  return {
    ...settings,
    ...(tls && { tls }),
    onRequest: (line) => log[isRoutine.test(line.path) ? 'debug' : 'info'](line, 'request'),
  };
}

/** Asked every few seconds by what watches the process. */
const isRoutine = /^\/(health|metrics)/;

interface ApiOptions {
  readonly told: Told;
  readonly isLocal: boolean;
  readonly door?: DoorOptions;
}

/** Printed beside the log, by one process in the life of an installation: nobody can ask for it again. */
async function showFirstKey({ auth, auditing }: System): Promise<void> {
  const writing = auditing.audit.during(systemAuthor('first start'), {
    action: 'key.created',
    resource: 'key',
    tell: (made) =>
      made === undefined
        ? undefined
        : { ids: [(made as MadeKey).key.id], after: { role: 'admin' } },
  });
  const secret = (await makeFirstKey(writing, auth.roles))?.secret;
  if (secret === undefined) return;
  process.stdout.write(
    `The first admin key, shown this once; keep it where secrets are kept:\n\n  ${secret}\n\nMake others with: nightshift key create\n`,
  );
}

/** What a server tells of its process. */
type Told = Watch & { readonly metrics?: Metrics };

async function buildApiServer(
  system: System,
  { told, isLocal, door }: ApiOptions,
): Promise<Server> {
  const { buildServer } = await import('../http/index.ts');
  const {
    config,
    database,
    auth,
    auditing,
    queues,
    catalogue,
    enqueuer,
    artifacts,
    calendars,
    onError,
  } = system;
  const { detectionMs } = config.runtime;
  const operated = {
    database,
    auth,
    audit: auditing.audit,
    queues,
    catalogue,
    enqueuer,
    artifacts,
    calendars,
    hooks: hooksFor(system),
    detectionMs,
    onError,
  };
  const server = buildServer(operated, {
    ...told,
    within: system.logScope.within,
    tracer: system.tracer,
    onBug: onError,
    isLocal,
    ...(door && { door }),
  });
  system.onClose(() => server.close());
  return server;
}

function hooksFor({ config, database, catalogue, enqueuer, now, onError }: System) {
  return openHooks({
    database,
    hooks: hooksOf(),
    options: config.hooks,
    secretsOf: config.hookSecrets,
    hasJob: catalogue.has,
    accept: (tx, { job, payload, ...options }) => enqueuer.offer(job, payload, { ...options, tx }),
    now,
    onError,
  });
}
