import { domainOf } from '../mail/addresses.ts';
import type { Mail } from '../mail/mail.ts';
import { findImitatedBrand, hostOf, registrableDomain } from './domains.ts';

/** One thing about a mail that a deceiver does, and how much it weighs. */
export interface PhishingSign {
  readonly weight: number;
  readonly reason: string;
}

const credentialAsk =
  /\b(?:verify|confirm|update|validate|restore|unlock|reactivate)\b[^.!?]{0,40}\b(?:account|identity|password|billing|payment|details|information|mailbox)\b|\b(?:account|mailbox|access|card)\b[^.!?]{0,40}\b(?:suspended|limited|locked|deactivated|blocked|restricted|terminated)\b|\bunusual (?:sign-?in|activity|login)\b|\bpassword (?:expires|will expire|has expired)\b|(?:konto|zugang|karte)[^.!?]{0,40}(?:gesperrt|eingeschränkt|bestätigen|verifizieren)|(?:compte|accès)[^.!?]{0,40}(?:suspendu|bloqué|limité)|(?:cuenta|tarjeta)[^.!?]{0,40}(?:suspendida|bloqueada|limitada)/i;
const threat =
  /\b(?:within|in) (?:24|48|72) ?(?:hours|h|stunden)\b|\bimmediately\b|\burgent(?:ly)?\b|\bpermanently\b|\bunverzüglich\b/i;
const dangerous = /\.(?:exe|scr|js|vbs|jar|bat|cmd|com|pif|hta|iso|lnk|html?)$/i;

/** What in a mail speaks for phishing, in words; empty for most mails. */
export function findPhishingSigns(mail: Mail, ownText: string): PhishingSign[] {
  const asks = credentialAsk.exec(`${mail.subject}\n${ownText.slice(0, 6000)}`);
  const links = findLinkSigns(mail);
  const signs = [...findSenderSigns(mail), ...links];
  if (asks)
    signs.push({
      weight: 1,
      reason: `asks for access or account details: “${asks[0].replaceAll(/\s+/g, ' ').slice(0, 80)}”`,
    });
  if (asks && threat.test(ownText))
    signs.push({ weight: 0.7, reason: 'presses for haste with a threat' });
  const attached = mail.attachments.find(({ name }) => dangerous.test(name));
  if (attached)
    signs.push({
      weight: 1,
      reason: `attaches a file that can run: ${attached.name.slice(0, 60)}`,
    });
  return signs;
}

function findSenderSigns({ from, replyTo }: Mail): PhishingSign[] {
  const signs: PhishingSign[] = [];
  const domain = registrableDomain(domainOf(from.address));
  const shown = /[\w.+-]+@([\w-]+(?:\.[\w-]+)+)/.exec(from.name);
  if (shown && domain !== '' && registrableDomain(shown[1]!.toLowerCase()) !== domain)
    signs.push({
      weight: 1.5,
      reason: `shows the address ${shown[0]} but was sent from ${from.address}`,
    });
  const imitated = findImitatedBrand(domain);
  if (imitated)
    signs.push({ weight: 1.5, reason: `the sender's domain ${domain} imitates ${imitated}` });
  if (domain.startsWith('xn--') || domain.includes('.xn--'))
    signs.push({
      weight: 0.5,
      reason: `the sender's domain ${domain} is written in another script`,
    });
  if (replyTo && signs.length > 0 && registrableDomain(domainOf(replyTo.address)) !== domain)
    signs.push({ weight: 0.5, reason: `answers go elsewhere, to ${replyTo.address}` });
  return signs;
}

function findLinkSigns({ html, text }: Mail): PhishingSign[] {
  const signs = new Map<string, PhishingSign>();
  for (const { text: shown, target } of html?.links ?? []) {
    const host = hostOf(target);
    const shownHost = /^(?:https?:\/\/)?(?:[\w-]+\.)+[a-z]{2,}(?:[/?#]\S*)?$/i.test(shown)
      ? hostOf(shown)
      : '';
    if (host !== '' && shownHost !== '' && registrableDomain(host) !== registrableDomain(shownHost))
      signs.set('shown', { weight: 1.5, reason: `a link shows ${shownHost} but leads to ${host}` });
  }
  const targets = [
    ...(html?.links ?? []).map(({ target }) => target),
    ...(text.match(/\bhttps?:\/\/[^\s<>"]+/gi) ?? []),
  ];
  for (const host of new Set(targets.slice(0, 100).map(hostOf))) {
    const imitated = findImitatedBrand(registrableDomain(host));
    if (imitated)
      signs.set('imitates', {
        weight: 1.5,
        reason: `a link leads to ${host}, which imitates ${imitated}`,
      });
    if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(host))
      signs.set('number', { weight: 1, reason: `a link leads to the bare address ${host}` });
  }
  return [...signs.values()];
}
