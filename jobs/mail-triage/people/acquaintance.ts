import type { Mail } from '../mail/mail.ts';
import { pickOwner, voteForOwner } from './owner.ts';
import { type Contact, openPeople, type People } from './people.ts';

/** What the mails read before tell about people; both lists are of one mailbox. */
export interface Acquaintance {
  readonly contacts: readonly Contact[];
  /** Pairs of sender and recipient, as far as the recipient was written to. */
  readonly letters: readonly Letter[];
}

export interface Letter {
  readonly sender: string;
  readonly recipient: string;
}

const mostRecipients = 20;
/** What is longer is no address, and more than an index takes. */
const maxAddressChars = 320;

/** What some mails add to it. */
export function meetPeople(mails: readonly { id: string; mail: Mail }[]): Acquaintance {
  const contacts = new Map<string, Contact>();
  const letters = new Map<string, Letter>();
  const add = (address: string, { name = '', votes = 0, received = 0 }: Partial<Contact>) => {
    if (address === '' || address.length > maxAddressChars) return;
    const before = contacts.get(address);
    contacts.set(address, {
      address,
      name: readableName(name) || (before?.name ?? ''),
      votes: (before?.votes ?? 0) + votes,
      received: (before?.received ?? 0) + received,
    });
  };
  for (const { id, mail } of mails) {
    for (const [address, votes] of voteForOwner(mail, id)) add(address, { votes });
    const sender = mail.from.address;
    if (sender === '' || sender.length > maxAddressChars) continue;
    add(sender, { name: mail.from.name, received: 1 });
    for (const { address } of [...mail.to, ...mail.cc].slice(0, mostRecipients))
      if (address !== '' && address !== sender && address.length <= maxAddressChars)
        letters.set(`${sender}\n${address}`, { sender, recipient: address });
  }
  return { contacts: [...contacts.values()], letters: [...letters.values()] };
}

function readableName(name: string): string {
  return name.replaceAll('\0', '').trim().toLowerCase().slice(0, 200).toWellFormed();
}

/** Who is who, by what was stored before and what the mails at hand add. */
export function knowPeople(before: Acquaintance, added: Acquaintance): People {
  const contacts = mergeContacts(before.contacts, added.contacts);
  const owner = pickOwner(new Map(contacts.map(({ address, votes }) => [address, votes])));
  const written = new Set(
    [...before.letters, ...added.letters]
      .filter(({ sender }) => sender === owner)
      .map(({ recipient }) => recipient),
  );
  return openPeople({ owner, contacts, written });
}

function mergeContacts(before: readonly Contact[], added: readonly Contact[]): Contact[] {
  const merged = new Map(before.map((contact) => [contact.address, contact]));
  for (const contact of added) {
    const known = merged.get(contact.address);
    merged.set(contact.address, {
      address: contact.address,
      name: contact.name || (known?.name ?? ''),
      votes: contact.votes + (known?.votes ?? 0),
      received: contact.received + (known?.received ?? 0),
    });
  }
  return [...merged.values()];
}
