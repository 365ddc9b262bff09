import { type Address, domainOf } from '../mail/addresses.ts';
import { registrableDomain } from '../sorting/domains.ts';

/** What was seen of an address in a mailbox. */
export interface Contact {
  readonly address: string;
  /** As it was last written, in lower case. */
  readonly name: string;
  /** How much speaks for its being the owner's. */
  readonly votes: number;
  /** Mails that came from it. */
  readonly received: number;
}

/** Who is who in a mailbox, as far as its mails tell. */
export interface People {
  /** Whose mailbox it is; undefined while that is not clear. */
  readonly owner: string | undefined;
  /** Registrable; '' while the owner is unknown. */
  readonly ownerDomain: string;
  /** Somebody the owner wrote to, a colleague, or somebody who wrote often. */
  isKnown(address: string): boolean;
  /** The known address of somebody with the same full name, when it is not of the same domain. */
  findNamesake(sender: Address): string | undefined;
  /** A known registrable domain that this one could be mistaken for. */
  findMistakenDomain(domain: string): string | undefined;
}

/** Nobody is known: what a single mail is judged with. */
export const nobody: People = openPeople({ owner: undefined, contacts: [], written: new Set() });

const freeMail =
  /^(?:gmail|googlemail|yahoo|hotmail|outlook|live|msn|aol|icloud|me|mac|gmx|web|mail|proton|protonmail|free|orange|wanadoo|laposte|libero|yandex|qq|163|126|sina|earthlink|comcast|t-online)\./;
const often = 4;

/** Opens what is known: contacts, and the addresses the owner wrote to. */
export function openPeople({
  owner,
  contacts,
  written,
}: {
  owner: string | undefined;
  contacts: readonly Contact[];
  written: ReadonlySet<string>;
}): People {
  const ownerDomain = owner === undefined ? '' : registrableDomain(domainOf(owner));
  const hasOwnDomain = ownerDomain !== '' && !freeMail.test(ownerDomain);
  const regulars = new Set(
    contacts.filter(({ received }) => received >= often).map(({ address }) => address),
  );
  const isColleague = (address: string) =>
    hasOwnDomain && registrableDomain(domainOf(address)) === ownerDomain;
  const isTrusted = (address: string) => written.has(address) || isColleague(address);
  const trusted = contacts.filter(({ address }) => address !== owner && isTrusted(address));
  const byName = new Map(
    trusted.filter(({ name }) => isFullName(name)).map(({ name, address }) => [name, address]),
  );
  const domains = companyDomains([...trusted.map(({ address }) => address), ...written]);
  if (hasOwnDomain) domains.add(ownerDomain);
  return {
    owner,
    ownerDomain: hasOwnDomain ? ownerDomain : '',
    isKnown: (address) =>
      isTrusted(address) ||
      regulars.has(address) ||
      domains.has(registrableDomain(domainOf(address))),
    findNamesake({ name, address }) {
      const known = byName.get(name.trim().toLowerCase());
      if (known === undefined || isTrusted(address) || known === address) return undefined;
      return registrableDomain(domainOf(known)) === registrableDomain(domainOf(address))
        ? undefined
        : known;
    },
    findMistakenDomain: (domain) =>
      domains.has(domain) ? undefined : [...domains].find((known) => isNearly(domain, known)),
  };
}

/** The registrable domains of addresses, without those where anybody gets one. */
function companyDomains(addresses: readonly string[]): Set<string> {
  return new Set(
    addresses
      .map((address) => registrableDomain(domainOf(address)))
      .filter((domain) => domain !== '' && !freeMail.test(domain)),
  );
}

function isFullName(name: string): boolean {
  return /^\p{L}[\p{L}'.-]+(?: \p{L}[\p{L}'.-]*)+$/u.test(name);
}

/** One letter added, lost or replaced, or two neighbours swapped; the end of the domain counts too. */
function isNearly(a: string, b: string): boolean {
  if (a === b || b.length < 8 || Math.abs(a.length - b.length) > 1) return false;
  let from = 0;
  while (from < a.length && a[from] === b[from]) from++;
  let tail = 0;
  while (tail < Math.min(a.length, b.length) - from && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const left = a.slice(from, a.length - tail);
  const right = b.slice(from, b.length - tail);
  if (left.length <= 1 && right.length <= 1) return true;
  return left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0];
}
