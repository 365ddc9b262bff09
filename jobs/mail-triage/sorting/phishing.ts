import { domainOf } from '../mail/addresses.ts';
import type { Mail } from '../mail/mail.ts';
import type { People } from '../people/people.ts';
import { findImitatedBrand, hostOf, registrableDomain } from './domains.ts';
import { findAskSigns, type PhishingSign } from './phishing-asks.ts';

interface Known {
  /** Subject and text in lower case. */
  readonly said: string;
  readonly people: People;
  readonly authenticity: 'proven' | 'refuted' | undefined;
  /** Known to the owner, or speaking on a list. */
  readonly isTrusted: boolean;
}

const running = /\.(?:exe|scr|js|jse|vbs|vbe|wsf|jar|bat|cmd|com|pif|hta|iso|img|lnk|ps1|msi)$/i;
const runningLink = /\.(?:exe|scr|js|jse|vbs|wsf|jar|bat|cmd|pif|hta|iso|lnk|ps1|msi|apk)$/i;
const page = /\.(?:s?html?|svg|mht)$/i;
const doubled = /\.(?:pdf|docx?|xlsx?|jpe?g|png|txt|zip)\.[a-z]{2,5}$/i;

/** What in a mail speaks for phishing, in words, the weightiest first; empty for most mails. */
export function findPhishingSigns(mail: Mail, known: Known): PhishingSign[] {
  const { said, people, authenticity, isTrusted } = known;
  const signs = [
    ...findSenderSigns(mail, people),
    ...findLinkSigns(mail, people),
    ...findAttachmentSigns(mail),
  ];
  // What a trusted sender asks is honest unless something else is wrong.
  if (signs.length > 0 || !isTrusted || authenticity === 'refuted')
    signs.push(...findAskSigns(said));
  if (signs.length > 0 && authenticity === 'refuted')
    signs.push({ weight: 1, reason: 'the receiving server found that the sender is another' });
  return signs.sort((a, b) => b.weight - a.weight);
}

function findSenderSigns({ from, replyTo }: Mail, people: People): PhishingSign[] {
  const signs: PhishingSign[] = [];
  const add = (weight: number, reason: string) => signs.push({ weight, reason });
  const domain = registrableDomain(domainOf(from.address));
  const shown = /[\w.+-]+@([\w-]+(?:\.[\w-]+)+)/.exec(from.name);
  if (shown && domain !== '' && registrableDomain(shown[1]!.toLowerCase()) !== domain)
    add(1.5, `shows the address ${shown[0]} but was sent from ${from.address}`);
  const imitated = findImitatedBrand(domain);
  if (imitated) add(1.5, `the sender's domain ${domain} imitates ${imitated}`);
  const mistaken = people.findMistakenDomain(domain);
  if (mistaken) add(2, `the sender's domain ${domain} is nearly ${mistaken}`);
  const namesake = people.findNamesake(from);
  // People share names: by itself, and even unproven, this is not enough.
  if (namesake) add(0.9, `bears the name of ${namesake} but was sent from ${from.address}`);
  if (claimsToBeOurs(from.name, domain, people))
    add(1.2, `speaks for ${people.ownerDomain} but was sent from ${domain}`);
  if (/(?:^|\.)xn--/.test(domain))
    add(0.5, `the sender's domain ${domain} is written in another script`);
  if (replyTo && signs.length > 0 && registrableDomain(domainOf(replyTo.address)) !== domain)
    add(0.5, `answers go elsewhere, to ${replyTo.address}`);
  return signs;
}

/** A name that contains the owner's organisation, from outside of it. */
function claimsToBeOurs(name: string, domain: string, { ownerDomain }: People): boolean {
  if (ownerDomain === '' || domain === ownerDomain || domain === '') return false;
  const organisation = ownerDomain.split('.', 1)[0]!.replaceAll(/[^\p{L}\p{N}]/gu, '');
  return (
    organisation.length >= 6 &&
    /\b(?:it|help ?desk|support|admin(?:istrator)?|security|hr|payroll|webmail|mail)\b/i.test(
      name,
    ) &&
    name
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}]/gu, '')
      .includes(organisation)
  );
}

function findLinkSigns({ html, text }: Mail, people: People): PhishingSign[] {
  const signs = new Map<string, PhishingSign>();
  const add = (key: string, weight: number, reason: string) => signs.set(key, { weight, reason });
  for (const { text: shown, target } of html?.links ?? []) {
    const host = hostOf(target);
    const shownHost = /^(?:https?:\/\/)?(?:[\w-]+\.)+[a-z]{2,}(?:[/?#]\S*)?$/i.test(shown)
      ? hostOf(shown)
      : '';
    if (host !== '' && shownHost !== '' && registrableDomain(host) !== registrableDomain(shownHost))
      add('shown', 1.5, `a link shows ${shownHost} but leads to ${host}`);
  }
  const targets = [
    ...(html?.links ?? []).map(({ target }) => target),
    ...(text.match(/\bhttps?:\/\/[^\s<>"]+/gi) ?? []),
  ].slice(0, 100);
  for (const host of new Set(targets.map(hostOf))) {
    if (host === '') continue;
    const domain = registrableDomain(host);
    const imitated = findImitatedBrand(domain) ?? people.findMistakenDomain(domain);
    if (imitated) add('imitates', 1.5, `a link leads to ${host}, which imitates ${imitated}`);
    if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(host))
      add('number', 1, `a link leads to the bare address ${host}`);
    else if (/\.(?:com|net|org|[a-z]{2})\.[\w-]+\.[a-z]+$/.test(host) && host.endsWith(domain))
      if (domain.split('.').length === 2 && !/^(?:com?|net|org|ac|gov|edu)\./.test(domain))
        add('nested', 0.7, `a link hides where it leads: ${host}`);
    if (/(?:^|\.)xn--/.test(domain))
      add('script', 0.7, `a link leads to ${host}, in another script`);
  }
  const file = targets.find((target) => runningLink.test(target.replace(/[?#].*$/, '')));
  if (file) add('file', 0.8, `a link leads to a file that can run: ${file.slice(0, 80)}`);
  return [...signs.values()];
}

function findAttachmentSigns({ attachments }: Mail): PhishingSign[] {
  const signs: PhishingSign[] = [];
  for (const { name } of attachments.slice(0, 20)) {
    const shown = name.slice(-60);
    if (running.test(name))
      signs.push({ weight: 1, reason: `attaches a file that can run: ${shown}` });
    else if (page.test(name))
      signs.push({ weight: 0.8, reason: `attaches a page to open: ${shown}` });
    if (doubled.test(name) && (running.test(name) || page.test(name)))
      signs.push({ weight: 0.7, reason: `hides what the attachment is: ${shown}` });
  }
  return signs.slice(0, 2);
}
