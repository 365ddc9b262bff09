import { decodeHeader } from './encoded-words.ts';
import type { Findings } from './findings.ts';

export interface Address {
  readonly name: string;
  /** In lower case; '' when the field held none. */
  readonly address: string;
}

const maxAddresses = 500;

/** The addresses of a From, To or Cc field; groups are opened, what is no address keeps its name. */
export function parseAddresses(field: string, findings: Findings): Address[] {
  return splitList(field)
    .slice(0, maxAddresses)
    .map((entry) => parseAddress(entry, findings))
    .filter(({ name, address }) => name !== '' || address !== '');
}

/** The domain of an address, or ''. */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}

function splitList(field: string): string[] {
  const entries: string[] = [];
  let isQuoted = false;
  let depth = 0;
  let from = 0;
  for (let at = 0; at < field.length; at++) {
    const char = field[at]!;
    if (char === '\\') at++;
    else if (char === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (char === '<' || char === '(') depth++;
    else if (char === '>' || char === ')') depth = Math.max(0, depth - 1);
    else if (depth === 0 && (char === ',' || char === ';')) {
      entries.push(field.slice(from, at));
      from = at + 1;
    } else if (depth === 0 && char === ':') from = at + 1;
  }
  entries.push(field.slice(from));
  return entries;
}

function parseAddress(entry: string, findings: Findings): Address {
  const angled = /<([^<>]*)>[^<>]*$/.exec(entry);
  const comment = /\(([^()]*)\)/.exec(entry);
  const bare = /[^\s<>()"',;:]+@[^\s<>()"',;:]+/.exec(angled ? angled[1]! : entry)?.[0] ?? '';
  const rest = angled
    ? entry.slice(0, angled.index)
    : entry.replace(bare, '').replace(/\([^()]*\)/, '');
  const name = decodeHeader(
    rest.trim().replaceAll(/^"|"$/g, '').replaceAll(/\\(.)/g, '$1'),
    findings,
  );
  return {
    name: name || (comment ? decodeHeader(comment[1]!, findings) : ''),
    address: bare.toLowerCase(),
  };
}
