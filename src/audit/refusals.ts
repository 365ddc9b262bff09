import { nobody } from '../core/actor.ts';
import type { Author, NewAuditEntry } from '../core/audit.ts';

/** Who was refused what. */
export interface Refused extends Author {
  /** Of the failure. */
  readonly code: string;
  /** What was asked for: a route. */
  readonly asked: string;
  /** What else there is to tell: of whom nobody knows, that of the first refusal of its kind. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Refusals on their way into the log. */
export interface Refusals {
  note(refused: Refused): void;
  /** Tells what was counted so far. */
  close(): void;
}

interface Repeated {
  readonly refused: Refused;
  times: number;
}

const spanMs = 60_000;
/** Kinds of refusals in a span that are told of; of strangers, whose addresses cost nothing, a few. */
const most = 1000;
const mostStrangers = 60;

/**
 * Tells of the first refusal of its kind at once, and of those that follow within a minute when that is over, with
 * their number. A kind is who, whence, why and what was asked for; of strangers it is whence and why. Beyond a thousand
 * kinds in a minute, and sixty of strangers, only the number is told.
 */
export function openRefusals(tell: (entry: NewAuditEntry) => void, ms = spanMs): Refusals {
  let seen = new Map<string, Repeated>();
  let beyond = 0;
  let strangers = 0;
  let timer: NodeJS.Timeout | undefined;

  function endSpan(): void {
    clearTimeout(timer);
    timer = undefined;
    const ended = seen;
    seen = new Map();
    for (const { refused, times } of ended.values())
      if (times > 1) tell(entryOf(refused, { times: times - 1, within: 'a minute' }));
    if (beyond > 0) tell(entryOf(others, { times: beyond, within: 'a minute' }));
    beyond = 0;
    strangers = 0;
  }

  return {
    note(refused) {
      timer ??= setTimeout(endSpan, ms).unref();
      const isStranger = refused.actor.id === nobody.id;
      const kind = kindOf(refused, isStranger);
      const known = seen.get(kind);
      if (known) known.times++;
      else if (seen.size >= most || (isStranger && strangers >= mostStrangers)) beyond++;
      else {
        if (isStranger) strangers++;
        seen.set(kind, { refused, times: 1 });
        tell(entryOf(refused));
      }
    },
    close: endSpan,
  };
}

const others: Refused = {
  actor: { kind: 'system', id: 'others', name: 'others', role: 'none' },
  origin: { via: 'http' },
  code: 'many',
  asked: 'many',
};

function kindOf({ actor, origin, code, asked, details }: Refused, isStranger: boolean): string {
  const who = [actor.kind, actor.id, origin.address, code];
  return JSON.stringify(isStranger ? who : [...who, asked, details]);
}

function entryOf(
  { code, asked, details, ...author }: Refused,
  repeated: object = {},
): NewAuditEntry {
  return {
    ...author,
    action: 'request.refused',
    outcome: 'refused',
    resource: 'route',
    ids: [asked],
    details: { code, ...details, ...repeated },
  };
}
