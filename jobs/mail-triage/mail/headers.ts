import type { Findings } from './findings.ts';

/** The header fields of a mail or part, names in lower case, values unfolded but still encoded. */
export interface Headers {
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  /** The first field of that name, or ''. */
  get(name: string): string;
  has(name: string): boolean;
}

export interface Split {
  readonly headers: Headers;
  /** Where the body begins. */
  readonly bodyAt: number;
}

const maxHeaderChars = 256 * 1024;
const maxFields = 1000;

/** Reads the header block that begins at `from`; lines that are no header are a finding. */
export function splitHeaders(
  raw: string,
  { from, end }: { from: number; end: number },
  findings: Findings,
): Split {
  const limit = Math.min(end, from + maxHeaderChars);
  const fields: { name: string; value: string }[] = [];
  let position = from;
  while (position < limit) {
    const lineEnd = endOfLine(raw, position, limit);
    const line = raw.slice(position, lineEnd).replace(/\r$/, '');
    const next = Math.min(lineEnd + 1, limit);
    if (line === '') return { headers: readable(fields), bodyAt: next };
    if ((line[0] === ' ' || line[0] === '\t') && fields.length > 0) {
      fields.at(-1)!.value += ` ${line.trim()}`;
    } else if (fields.length === 0 && /^>?From /.test(line)) {
      // An envelope line that was left in.
    } else {
      const field = /^([!-9;-~]+)[ \t]*:[ \t]*(.*)$/.exec(line);
      if (field && fields.length < maxFields)
        fields.push({ name: field[1]!.toLowerCase(), value: field[2]!.trimEnd() });
      else if (field) findings.add(`more than ${maxFields} header fields; the rest was not read`);
      else {
        findings.add(
          'the header block has a line that is no header; what follows was read as the body',
        );
        return { headers: readable(fields), bodyAt: position };
      }
    }
    position = next;
  }
  if (limit < end)
    findings.add('the header block is longer than 256 KB; the rest of it was not read');
  return { headers: readable(fields), bodyAt: limit };
}

function endOfLine(raw: string, from: number, limit: number): number {
  const at = raw.indexOf('\n', from);
  return at < 0 || at > limit ? limit : at;
}

function readable(fields: { name: string; value: string }[]): Headers {
  const first = new Map<string, string>();
  for (const { name, value } of fields) if (!first.has(name)) first.set(name, value);
  return { fields, get: (name) => first.get(name) ?? '', has: (name) => first.has(name) };
}

/** A structured value such as `text/plain; charset="utf-8"`: the value and its parameters, RFC 2231 included. */
export function parseParameters(field: string): { value: string; parameters: Map<string, string> } {
  const [head = ''] = field.split(';', 1);
  const parameters = new Map<string, string>();
  for (const [, name, quoted, bare] of field
    .slice(head.length, head.length + 4096)
    .matchAll(/;\s*([^\s=;]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))/g)) {
    const value = quoted === undefined ? bare!.trim() : quoted.replaceAll(/\\(.)/g, '$1');
    addParameter(parameters, name!.toLowerCase(), value);
  }
  return { value: head.trim().toLowerCase(), parameters };
}

function addParameter(parameters: Map<string, string>, name: string, value: string): void {
  const [plain = name] = name.split('*', 1);
  if (plain === name) {
    if (!parameters.has(name)) parameters.set(name, value);
    return;
  }
  const text = name.endsWith('*') ? decodePercent(value.replace(/^[^']*'[^']*'/, '')) : value;
  parameters.set(plain, (parameters.get(plain) ?? '') + text);
}

function decodePercent(text: string): string {
  const bytes = text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
