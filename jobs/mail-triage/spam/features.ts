import { domainOf } from '../mail/addresses.ts';
import type { Mail } from '../mail/mail.ts';
import {
  type FeatureGroup,
  type FeatureSet,
  hashText,
  type NoteFeature,
  openFeatureSet,
} from './feature-set.ts';

/** Headers whose words tell something and are in no other feature. */
const toldHeaders = new Set(
  'x-mailer user-agent content-type content-transfer-encoding precedence x-priority importance mime-version organization errors-to sender list-id'.split(
    ' ',
  ),
);
const maxWords = 1500;
const maxLinks = 60;

/**
 * The features of a mail that the spam classifier counts: words of subject and body, pairs of neighbours,
 * names and domains of the addresses, which headers there are, hosts of links, HTML tags.
 */
export function listFeatures(mail: Mail, note?: NoteFeature): FeatureSet {
  const features = openFeatureSet(note);
  addHeaders(mail, features);
  addAddresses(mail, features);
  addWords(mail.subject, { word: 'subject', pair: 'subject', limit: 100 }, features);
  addWords(mail.text, { word: 'words', pair: 'pairs', limit: maxWords }, features);
  addShape(mail, features);
  addLinks(mail, features);
  return features;
}

/** The words of a mail and pairs of them alone, from the beginning of its text; `note` is told each. */
export function listWords(
  mail: Mail,
  { chars, note }: { chars: number; note: NoteFeature },
): FeatureSet {
  const features = openFeatureSet(note);
  addWords(mail.subject, { word: 'subject', pair: 'subject', limit: 100 }, features);
  addWords(mail.text.slice(0, chars), { word: 'words', pair: 'pairs', limit: maxWords }, features);
  return features;
}

function addHeaders({ headers }: Mail, features: FeatureSet): void {
  for (const { name, value } of headers.fields.slice(0, 100)) {
    features.add('headers', name);
    if (toldHeaders.has(name)) {
      for (const word of value
        .slice(0, 200)
        .toLowerCase()
        .match(/[a-z][a-z0-9.-]{2,30}/g) ?? [])
        features.add('headers', `${name}:${word}`);
    } else if (name === 'received') addReceived(value, features);
  }
}

function addReceived(value: string, features: FeatureSet): void {
  const [hop = ''] = value.slice(0, 400).toLowerCase().split(' by ', 1);
  for (const [name] of hop.matchAll(/[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}/g))
    addDomain('received', name, features);
  for (const [, net] of hop.matchAll(/\b(\d{1,3}\.\d{1,3})\.\d{1,3}\.\d{1,3}\b/g))
    features.add('received', net!);
}

function addAddresses(mail: Mail, features: FeatureSet): void {
  const { from, replyTo, to, messageId } = mail;
  features.add('addresses', from.address);
  addDomain('addresses', domainOf(from.address), features);
  for (const word of from.name.toLowerCase().match(/[^\s"'.,<>]{2,30}/g) ?? [])
    features.add('addresses', `name ${word}`);
  if (replyTo && replyTo.address !== from.address) features.add('addresses', 'replies elsewhere');
  for (const { address } of to.slice(0, 10)) features.add('addresses', `to ${address}`);
  features.add('addresses', `to ${Math.min(to.length, 10)}`);
  addDomain('addresses', `id ${domainOf(messageId).toLowerCase()}`, features);
}

/** A domain and what it lies under: `a.b.org`, `b.org`, `org`. */
function addDomain(group: FeatureGroup, domain: string, features: FeatureSet): void {
  let from = 0;
  for (let labels = 0; labels < 5; labels++) {
    features.add(group, domain.slice(from));
    from = domain.indexOf('.', from) + 1;
    if (from === 0) return;
  }
}

interface WordGroups {
  readonly word: FeatureGroup;
  readonly pair: FeatureGroup;
  readonly limit: number;
}

const wordPattern = /[\w$'\u00a1-\u2fff]+(?:[-.@][\w\u00a1-\u2fff]+)*[!%]*|[\u3000-\uffef]{1,2}/g;

function addWords(text: string, { word, pair, limit }: WordGroups, features: FeatureSet): void {
  let before = 0;
  const tokens = text.slice(0, limit * 12).match(wordPattern) ?? [];
  for (let at = 0; at < tokens.length && at < limit; at++) {
    const token = tokens[at]!;
    if (token.length > 40) continue;
    const number = hashText(token);
    const hash = features.addNumber(word, number);
    if (isShouted(token)) features.addNumber(word, ~number);
    const both = at === 0 ? undefined : features.addNumber(pair, Math.imul(before, 31) ^ number);
    before = number;
    features.note?.(hash, token.toLowerCase());
    if (both !== undefined) features.note?.(both, `${tokens[at - 1]} ${token}`.toLowerCase());
  }
}

/** Four characters or more, none of them a small letter. */
function isShouted(token: string): boolean {
  if (token.length < 4) return false;
  let capitals = 0;
  for (let at = 0; at < token.length; at++) {
    const unit = token.charCodeAt(at);
    if (unit >= 97) return false;
    if (unit >= 65 && unit <= 90) capitals++;
  }
  return capitals > 0;
}

function addShape(mail: Mail, features: FeatureSet): void {
  const { html, contentTypes, attachments, headers, subject, text } = mail;
  const add = (feature: string) => features.add('shape', feature);
  for (const type of contentTypes) add(type);
  for (const { name } of attachments)
    add(`attached ${name.slice(name.lastIndexOf('.')).toLowerCase()}`);
  for (const tag of html?.tags ?? []) add(`<${tag}>`);
  if (html?.hasHiddenText) add('hidden text');
  if (subject !== '' && subject === subject.toUpperCase()) add('shouts');
  if (/^re:/i.test(subject) && !headers.has('in-reply-to') && !headers.has('references'))
    add('replies to nothing');
  if (/\s{5,20}\S+$/.test(headers.get('subject').slice(-60))) add('tail in the subject');
  if (/^ ?>/m.test(text)) add('quotes');
  add(`length ${Math.round(Math.log2(text.length + 1))}`);
}

function addLinks({ text, html }: Mail, features: FeatureSet): void {
  const shown = text.match(/\b(?:https?:\/\/|www\.)[^\s<>"')\]]+/gi) ?? [];
  const targets = [...(html?.links ?? []).map(({ target }) => target), ...shown];
  for (const target of targets.slice(0, maxLinks)) {
    const found = /^(?:[a-z]+:\/\/)?(?:[^@/]*@)?([^/:?#]+)(?::\d+)?([^?#]*)/i.exec(target);
    if (!found || target.startsWith('mailto:')) continue;
    const host = found[1]!.toLowerCase();
    if (/^[\d.]+$/.test(host)) features.add('links', 'a number');
    addDomain('links', host, features);
    for (const word of found[2]!.toLowerCase().match(/[a-z]{3,20}/g) ?? [])
      features.add('links', `/${word}`);
  }
}
