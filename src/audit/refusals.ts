import type { Author, NewAuditEntry } from '../core/audit.ts';

/** Who was refused what. */
export interface Refused extends Author {
  /** Of the failure. */
  readonly code: string;
  /** What was asked for: a route. */
  readonly asked: string;
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
/** Different refusals in a span that are told one by one; the log is not to be filled by whoever is refused. */
const most = 1000;

/**
 * Tells of the first refusal of its kind at once, and of those that follow within a minute when that is over, with
 * their number. Beyond a thousand kinds in a minute only the number is told.
 */
export function openRefusals(tell: (entry: NewAuditEntry) => void, ms = spanMs): Refusals {
  let seen = new Map<string, Repeated>();
  let beyond = 0;
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
  }

  return {
    note(refused) {
      timer ??= setTimeout(endSpan, ms).unref();
      const { actor, origin, code, asked } = refused;
      const kind = [actor.kind, actor.id, origin.address, code, asked].join('\n');
      const known = seen.get(kind);
      if (known) known.times++;
      else if (seen.size >= most) beyond++;
      else {
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

function entryOf({ code, asked, ...author }: Refused, repeated: object = {}): NewAuditEntry {
  return {
    ...author,
    action: 'request.refused',
    outcome: 'refused',
    resource: 'route',
    ids: [asked],
    details: { code, ...repeated },
  };
}
