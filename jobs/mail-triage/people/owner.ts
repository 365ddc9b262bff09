import type { Mail } from '../mail/mail.ts';

/** How much speaks for an address being the one whose mailbox this is. */
export type Votes = ReadonlyMap<string, number>;

/** Delivery headers name the mailbox itself; To and Cc may name a list or others. */
const deliveredWeight = 2;
const addressedWeight = 1;
/** A sender is in every mail of a Sent folder, but in an inbox only the own mails have the owner as one. */
const senderWeight = 0.6;
const sentFolderWeight = 2;
const mostAddressed = 10;
const sentFolder =
  /(?:^|[^a-z])(?:sent|gesendete?|envoy[eé]s?|enviad[oa]s?|inviata|verzonden|skickat)(?:[^a-z]|$)/i;

/** The votes of one mail; `id` is its id in the mailbox, which may name the folder. */
export function voteForOwner(mail: Mail, id: string): Map<string, number> {
  const votes = new Map<string, number>();
  const vote = (address: string, weight: number) => {
    if (address !== '') votes.set(address, Math.max(votes.get(address) ?? 0, weight));
  };
  const folder = id.slice(0, id.lastIndexOf('/') + 1);
  vote(mail.from.address, sentFolder.test(folder) ? sentFolderWeight : senderWeight);
  if (!isListMail(mail))
    for (const { address } of [...mail.to, ...mail.cc].slice(0, mostAddressed))
      vote(address, addressedWeight);
  for (const name of ['delivered-to', 'x-original-to', 'envelope-to'])
    vote(
      /[^\s<>]+@[^\s<>]+/.exec(mail.headers.get(name))?.[0].toLowerCase() ?? '',
      deliveredWeight,
    );
  return votes;
}

/** The address with the most votes; undefined where two have as many. */
export function pickOwner(votes: Votes): string | undefined {
  const [first, second] = [...votes].sort(([, a], [, b]) => b - a);
  if (!first || (second && second[1] >= first[1])) return undefined;
  return first[0];
}

function isListMail({ headers }: Mail): boolean {
  return (
    headers.has('list-id') ||
    headers.has('list-post') ||
    headers.has('mailing-list') ||
    /^(?:list|bulk)/i.test(headers.get('precedence'))
  );
}
