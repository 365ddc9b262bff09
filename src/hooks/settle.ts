import type { Author } from '../core/audit.ts';
import { Failure, isFailure } from '../core/errors.ts';
import type { Hook, HookDelivery } from '../core/hook.ts';
import type { SignatureScheme } from '../core/hook-scheme.ts';
import type { Sql } from '../core/sql.ts';
import { decide, type HookRun } from './decide.ts';
import { hashBytes, type Incoming, keepHeaders, readBody, readPlace } from './incoming.ts';
import { insertDelivery, type NewDelivery, selectDelivery, takeKeys } from './queries.ts';
import type { HookServices } from './services.ts';

/** What became of a delivery. */
export interface Received {
  /** Its id in the log. */
  readonly delivery: string;
  /** `duplicate`: it was accepted before, and the run is that one's. */
  readonly outcome: 'accepted' | 'nothing' | 'duplicate';
  readonly run?: string;
  /** True when the run was there already and has the key that this one asked for. */
  readonly existing?: boolean;
  /** Why there was nothing to do. */
  readonly reason?: string;
}

export interface Settling {
  readonly row: NewDelivery;
  readonly incoming: Incoming;
  /** The bytes that its sender signed; absent for a delivery that a person lets happen again. */
  readonly signed?: Buffer;
  readonly by: Author;
}

type SettleServices = Pick<HookServices, 'database' | 'hasJob' | 'accept' | 'onError'>;

/** Does what a verified delivery asks for, and logs it, whatever it comes to. */
export async function settle(
  services: SettleServices,
  hook: Hook,
  { row, incoming, signed, by }: Settling,
): Promise<Received> {
  const { database } = services;
  let told = row;
  try {
    const body = readBody(hook, incoming);
    const event = readPlace(hook.scheme.event, incoming, body);
    told = { ...told, event, delivery: readPlace(hook.scheme.id, incoming, body) };
    const delivery: HookDelivery = {
      event: event ?? '*',
      body,
      headers: keepHeaders(hook, incoming),
    };
    const run = decide(hook, delivery, services.hasJob);
    if ('nothing' in run) return await logNothing(database, told, run.nothing);
    told = { ...told, job: run.job };
    const keys = signed ? keysOf(hook.scheme, told.delivery, signed) : [];
    const { accept } = services;
    return await database.transaction((tx) =>
      acceptOnce(tx, { row: told, run: { ...run, by }, keys, accept }),
    );
  } catch (error) {
    await logFault(services, told, error);
    throw error;
  }
}

async function logNothing(sql: Sql, row: NewDelivery, reason: string): Promise<Received> {
  await insertDelivery(sql, { ...row, outcome: 'nothing', reason });
  return { delivery: row.id, outcome: 'nothing', reason };
}

/**
 * What a delivery is known by when it comes again: the id, where the sender signs it, since a sender that tries
 * again may sign anew; else the bytes that were signed, since whoever copies them may give them any id.
 */
function keysOf(
  { id: place, signed: template }: SignatureScheme,
  id: string | undefined,
  signed: Buffer,
): string[] {
  const content = `signed ${hashBytes(signed)}`;
  if (id === undefined || place === undefined) return [content];
  const isSigned = 'body' in place || template.includes('{id}');
  return isSigned ? [`id ${id}`] : [`id ${id}`, content];
}

interface Accepting extends Pick<HookServices, 'accept'> {
  readonly row: NewDelivery;
  readonly run: HookRun & { readonly by: Author };
  readonly keys: readonly string[];
}

async function acceptOnce(tx: Sql, { row, run, keys, accept }: Accepting): Promise<Received> {
  const { hook, id: delivery } = row;
  const holders = keys.length > 0 ? await takeKeys(tx, { hook, keys, delivery }) : [];
  if (holders.length > 0) return repeat(tx, { row, keys, holders });
  const { id, existing } = await accept(tx, run);
  await insertDelivery(tx, { ...row, outcome: 'accepted', run: id });
  return { delivery, outcome: 'accepted', run: id, ...(existing && { existing }) };
}

/** The sender's own second try is answered as the first; any other copy is refused with `hook.replayed`. */
async function repeat(
  tx: Sql,
  {
    row,
    keys,
    holders,
  }: {
    row: NewDelivery;
    keys: readonly string[];
    holders: readonly { key: string; delivery: string }[];
  },
): Promise<Received> {
  const first = holders[0]!.delivery;
  const isSame =
    holders.length === keys.length && holders.every(({ delivery }) => delivery === first);
  if (!isSame)
    throw new Failure('hook.replayed', {
      hook: row.hook,
      first,
      difference: holders[0]!.key.startsWith('id ') ? 'body' : 'id',
    });
  const before = await selectDelivery(tx, row.hook, first);
  const run = before?.run ?? undefined;
  const reason = `delivery ${first} was accepted for it`;
  await insertDelivery(tx, { ...row, body: undefined, outcome: 'duplicate', run, reason });
  return { delivery: row.id, outcome: 'duplicate', ...(run !== undefined && { run }) };
}

async function logFault(
  { database, onError }: SettleServices,
  row: NewDelivery,
  error: unknown,
): Promise<void> {
  const isReplay = isFailure(error, 'hook.replayed');
  const { code, message } = error instanceof Failure ? error : { code: 'internal', message: '' };
  await insertDelivery(database, {
    ...row,
    body: isReplay ? undefined : row.body,
    outcome: isReplay ? 'replayed' : 'failed',
    code,
    reason: message,
  }).catch(onError);
}
