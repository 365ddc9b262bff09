import type { Facts } from './facts.ts';
import type { Evidence } from './judgement.ts';

const alternatives = (...parts: string[]) => new RegExp(parts.join('|'), 'g');

/** How strangers introduce themselves and what they want. */
const introductions = alternatives(
  String.raw`\b(?:i|we) (?:came across|stumbled (?:up)?on|found|looked at|visited|was (?:just )?(?:browsing|looking at)|discovered|researched|saw)\b[^.!?\n]{0,40}\b(?:your|you)\b|\bi came across\b`,
  String.raw`\b(?:reaching out|i noticed (?:that )?(?:your|you)|dear (?:purchasing|procurement|hiring|sir|hr|business owner)[^\n]{0,20}|right person|circling back|bumping (?:this|up)|following up on my (?:last|previous|earlier)|my (?:last|previous) (?:e-?mail|message|note)|glad to (?:know|learn) (?:that )?you)\b`,
  String.raw`\b(?:let me|allow me to|i'd like to|i would like to|i wanted to) (?:briefly )?introduce\b|\bmy name is [^.!?\n]{2,40}(?:from|and i|with)\b|\bwe have not met\b|\bwe haven't met\b`,
  String.raw`wir kennen uns noch nicht|darf ich mich (?:kurz )?vorstellen|kennenlernen|ich bin auf (?:ihr|sie|ihre)|je me permets de|je (?:vous )?(?:contacte|découvre)|permettez-moi de me présenter|me permito|me pongo en contacto|quería presentar|mi permetto di|vorrei presentar|permita-me|gostaria de (?:me )?apresentar|mag ik mij voorstellen|ik kwam (?:uw|jullie)|pozwolę sobie|chciał(?:bym|abym) przedstawić|позвольте представить|предлагаем вам|我们是(?:一家|专业)|我司(?:是|专业)|突然のご連絡|初めてご連絡`,
);
const offers = alternatives(
  String.raw`\b(?:quick|brief|short|\d{1,2}[- ]min(?:ute)?s?) (?:call|chat|demo|meeting|intro|video)\b|\bhop on a call\b|\bbook a (?:demo|call|slot|meeting)\b|\b(?:two|three|five|ten|fifteen|twenty|thirty)[- ]minute (?:call|chat|video|demo)`,
  String.raw`\b(?:i|we) (?:help|assist|support|work with|represent|specialise|specialize|partner with)\b[^.!?\n]{0,80}|\bcompanies like (?:yours|you)\b|\b(?:teams|firms|businesses) like yours\b|\b(?:our|my) (?:services|solution|agency|platform|software|team|product|margin|clients|factory|tool)\b`,
  String.raw`\b(?:grow|boost|scale|increase|double|improve) your\b|\bfirst page (?:of google)?|\b(?:seo|search engine|rankings?|backlinks|lead generation|web ?design)\b|\bcase stud(?:y|ies)\b|\bfree (?:audit|trial|sample|consultation|quote|analysis)s?\b|\bno obligation\b`,
  String.raw`\b(?:manufacturer|factory|supplier|exporter|wholesaler)\b[^.!?\n]{0,40}\b(?:of|in|since|from|years)\b|\bfob\b|\bmoq\b|\b(?:our|best) (?:price|catalogue|catalog)\b|\bnew clients\b|\bcandidates?\b[^.!?\n]{0,40}\b(?:available|immediately|profile)|\bwould you be (?:open|interested|available)\b|\bworth a (?:chat|call|conversation)\b|\b(?:shall|can|may|could) i (?:send|ring|call|show|share|give)\b`,
  String.raw`unverbindlich\w*|kostenlos\w* (?:erstgespräch|analyse|beratung|test)|ich berate|ich unterstütze|wir (?:unterstützen|helfen|bieten)|zwanzig minuten|\d+ minuten|nous (?:aidons|accompagnons|proposons)|\d+ minutes|sans engagement|échange (?:rapide|de)|ayudamos a|ofrecemos|sin compromiso|\d+ minutos|aiutiamo|offriamo|senza impegno|\d+ minuti|ajudamos|oferecemos|sem compromisso|wij helpen|vrijblijvend|\d+ minuten|pomagamy|oferujemy|bez zobowiązań|мы помогаем|наша компания|厂家|优惠价|样品|弊社(?:では|の)`,
);

/** A first letter of somebody who offers what nobody asked for; the owner's own contacts never are that. */
export function weighCold(facts: Facts): Evidence | undefined {
  const { said, isReply, isBulk, isKnown, isStranger, isDiscussion, isAutomated, mail } = facts;
  if (isKnown || isBulk || isDiscussion || isAutomated) return undefined;
  // An answer to somebody else's mail is no first letter; one to the sender's own is a reminder of it.
  if (isReply && !answersOneself(mail)) return undefined;
  const introduced = said.match(introductions)?.slice(0, 3) ?? [];
  const offered = said.match(offers)?.slice(0, 4) ?? [];
  const hits = introduced.length + offered.length;
  if (hits === 0) return undefined;
  const both = introduced.length > 0 && offered.length > 0;
  const weight = Math.min(2.6, 0.3 + 0.45 * hits + (both ? 0.6 : 0) + (isStranger ? 0.5 : 0));
  const quote = (introduced[0] ?? offered[0]!).replaceAll(/\s+/g, ' ').slice(0, 80);
  return { weight, reason: `a stranger's offer: “${quote}”` };
}

function answersOneself({ inReplyTo, from }: Facts['mail']): boolean {
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1);
  return domain !== '' && inReplyTo.toLowerCase().endsWith(domain);
}
