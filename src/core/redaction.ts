/** What stands where a secret was. */
const redacted = '***';

/** Parts of the names of fields whose values are nobody's business; `-`, `_` and case do not matter. */
const secretNames = [
  'password',
  'passwd',
  'passphrase',
  'secret',
  'authorization',
  'cookie',
  'apikey',
  'privatekey',
  'accesskey',
  'credential',
  'signature',
];

/** Names that are secrets as a whole, but a part of harmless ones (`tokens` of a model are counted). */
const wholeNames = ['token', 'pwd', 'pass', 'auth', 'jwt', 'otp', 'pin'];

/** Hides what a log line must not tell. */
export interface Redaction {
  /** A copy in which the value of every field with a secret name is `***`, at any depth. */
  fields(value: unknown): unknown;
  /** The text without passwords in URLs, and without what follows Bearer or Basic. */
  text(text: string): string;
}

/** Deeper is not told at all: nobody reads it, and it may be a circle. */
const deepest = 8;

/** `names`: further parts of names, such as fields of payloads. */
export function openRedaction(names: readonly string[] = []): Redaction {
  const parts = [...secretNames, ...names.map(plain)].filter((part) => part !== '');
  // The same few names come with every line.
  const known = new Map<string, boolean>();

  function isSecret(name: string): boolean {
    const found = known.get(name);
    if (found !== undefined) return found;
    const judged = judge(plain(name));
    if (known.size < mostKnown) known.set(name, judged);
    return judged;
  }

  function judge(said: string): boolean {
    if (
      wholeNames.includes(said) ||
      /(access|refresh|id|session|auth|bearer|csrf)token$/.test(said)
    )
      return true;
    return parts.some((part) => said.includes(part));
  }

  function copy(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return redactText(value);
    if (typeof value !== 'object' || value === null || value instanceof Date) return value;
    if (depth === deepest) return '…';
    if (Array.isArray(value)) return value.map((one) => copy(one, depth + 1));
    const fields = Object.entries(value).map(([name, field]) => [
      name,
      isSecret(name) && hasValue(field) ? redacted : copy(field, depth + 1),
    ]);
    return Object.fromEntries(fields) as unknown;
  }

  return { fields: (value) => copy(value, 0), text: redactText };
}

const mostKnown = 1000;

/** That there is none is worth knowing. */
function hasValue(field: unknown): boolean {
  return field !== undefined && field !== null && field !== '';
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_\s]/g, '');
}

function redactText(text: string): string {
  if (!mayHoldSecret.test(text)) return text;
  return text
    .replaceAll(/([a-z][a-z\d+.-]*:\/\/[^\s/:@"]*):[^\s"]*@/gi, `$1:${redacted}@`)
    .replaceAll(/([a-z][a-z\d+.-]*:\/\/)[^\s/:@"]+@/gi, `$1${redacted}@`)
    .replaceAll(/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${redacted}`);
}

/** Most text has none of this, and looking for it costs a fraction. */
const mayHoldSecret = /:\/\/|bearer|basic/i;
