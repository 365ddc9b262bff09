import { v7 } from 'uuid';
import type { Author } from '../core/audit.ts';
import { Failure } from '../core/errors.ts';
import { type Hook, secretsVariable } from '../core/hook.ts';
import { formatBytes } from '../core/size.ts';
import type { TransactionalSql } from '../core/sql.ts';
import { suggest } from '../core/suggest.ts';
import { hashBytes, type Incoming, keepHeaders, readPlace } from './incoming.ts';
import type { HookOptions } from './options.ts';
import { type Delivery, insertRefused, type NewDelivery, selectDelivery } from './queries.ts';
import type { HookServices } from './services.ts';
import { type Received, settle } from './settle.ts';
import { verifySignature } from './signature.ts';

/** The webhooks of an installation: each delivery is verified, mapped, logged, and answered with what became of it. */
export interface Hooks {
  readonly hooks: readonly Hook[];
  readonly options: HookOptions;
  /** The hook; throws `hook.missing`. */
  find(name: string): Hook;
  hasJob(name: string): boolean;
  secretsOf(hook: string): readonly string[];
  /**
   * Takes a delivery in: its run and its place in the log are one transaction. Throws `hook.missing`,
   * `hook.no_secret`, `hook.too_large`, what `verifySignature` and `decide` throw, `hook.malformed`,
   * `hook.replayed`, and what enqueueing throws; all but the first are logged.
   */
  receive(name: string, incoming: Incoming): Promise<Received>;
  /** Logs a delivery that was too large to be read; `size` is what it said of itself. */
  refuseTooLarge(name: string, incoming: Incoming, size: number): Promise<Failure>;
  /** Maps a delivery of the log anew. Throws `hook.delivery_missing`, `hook.not_kept`, and what `receive` does. */
  redeliver(name: string, id: string, asked: Redelivery): Promise<Received>;
}

/** Who lets a delivery happen again, and the database that tells of it. */
export interface Redelivery {
  readonly database: TransactionalSql;
  readonly by: Author;
}

export function openHooks(services: HookServices): Hooks {
  const { database, hooks, options, secretsOf, hasJob, now } = services;

  function find(name: string): Hook {
    const hook = hooks.find((one) => one.name === name);
    if (hook) return hook;
    const names = hooks.map((one) => one.name);
    throw new Failure('hook.missing', { hook: name, suggestion: suggest(name, names) || '.' });
  }

  async function logRefused(row: NewDelivery, failure: Failure): Promise<Failure> {
    const { code, message } = failure;
    await insertRefused(database, { ...row, code, reason: message }, refusedAMinute);
    return failure;
  }

  return {
    hooks,
    options,
    find,
    hasJob,
    secretsOf,

    async receive(name, incoming) {
      const hook = find(name);
      const heard = describe(hook, incoming);
      const size = incoming.body.length;
      if (size > options.limitBytes) throw await logRefused(heard, tooLarge(name, size, options));
      try {
        const secrets = requireSecrets(hook, secretsOf(name));
        const { signed } = verifySignature(hook, incoming, { secrets, now: now() });
        const body = size <= options.keepBodyBytes ? incoming.body : undefined;
        const by = senderOf(name, incoming);
        return await settle(services, hook, { row: { ...heard, body }, incoming, signed, by });
      } catch (error) {
        if (error instanceof Failure && refusals.has(error.code)) await logRefused(heard, error);
        throw error;
      }
    },

    refuseTooLarge(name, incoming, size) {
      const hook = find(name);
      return logRefused(
        { ...describe(hook, incoming), bodySize: Math.min(size, 2 ** 31 - 1) },
        tooLarge(name, size, options),
      );
    },

    async redeliver(name, id, { database: writing, by }) {
      const hook = find(name);
      const found = await selectDelivery(database, name, id);
      if (!found) throw new Failure('hook.delivery_missing', { hook: name, id });
      if (!found.body) throw notKept(found);
      const incoming = { body: Buffer.from(found.body), headers: found.headers };
      const row = { ...describe(hook, incoming), redeliveryOf: id, body: incoming.body };
      return settle({ ...services, database: writing }, hook, { row, incoming, by });
    },
  };
}

/** Whoever signs is known by the name of the hook alone. */
function senderOf(hook: string, { source }: Incoming): Author {
  return {
    actor: { kind: 'hook', id: hook, name: hook, role: 'none' },
    origin: { via: 'http', ...(source !== undefined && { address: source }) },
  };
}

/** Anybody may send what is refused: so much of it is logged for each hook. */
const refusedAMinute = 60;

const refusals: ReadonlySet<string> = new Set([
  'hook.no_secret',
  'hook.unsigned',
  'hook.signature',
  'hook.stale',
]);

/** What can be said of a delivery before it is believed. */
function describe(hook: Hook, incoming: Incoming): NewDelivery {
  const { scheme } = hook;
  return {
    id: v7(),
    hook: hook.name,
    event: readPlace(scheme.event, incoming),
    delivery: readPlace(scheme.id, incoming),
    source: incoming.source,
    headers: keepHeaders(hook, incoming),
    bodyHash: hashBytes(incoming.body),
    bodySize: incoming.body.length,
    outcome: 'refused',
  };
}

function requireSecrets({ name }: Hook, secrets: readonly string[]): readonly string[] {
  if (secrets.length > 0) return secrets;
  throw new Failure('hook.no_secret', { hook: name, variable: secretsVariable(name) });
}

function tooLarge(hook: string, size: number, { limitBytes }: HookOptions): Failure {
  return new Failure('hook.too_large', {
    hook,
    size: formatBytes(size),
    limit: formatBytes(limitBytes),
  });
}

function notKept({ id, outcome, bodySize }: Delivery): Failure {
  const reason =
    outcome === 'refused'
      ? 'it was refused, and the body of what is refused is not kept'
      : outcome === 'duplicate' || outcome === 'replayed'
        ? 'it repeats another one; deliver that one again'
        : `its body has ${formatBytes(bodySize)}, and was not kept (NIGHTSHIFT_HOOK_KEEP_BODY)`;
  return new Failure('hook.not_kept', { id, reason });
}
