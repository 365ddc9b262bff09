import { likelySpamCut, spamCut, sureSpamCut } from '../spam/spam-classifier.ts';
import type { Facts } from './facts.ts';
import type { Evidence } from './judgement.ts';

interface Scheme {
  readonly name: string;
  readonly weight: number;
  readonly pattern: RegExp;
}

const alternatives = (...parts: string[]) => new RegExp(parts.join('|'));

/** What spam sells, whatever the year, in the languages most of it is written in. */
const schemes: readonly Scheme[] = [
  {
    name: 'an inheritance or fund for a stranger',
    weight: 1.5,
    pattern: alternatives(
      String.raw`\b(?:next of kin|beneficiary|inheritance|late (?:husband|client|father)|widow of|deceased client|consignment|unclaimed (?:fund|sum|money))\b`,
      String.raw`\b(?:sum|fund|amount|transfer|left)\b[^.!?]{0,40}(?:[$€£]|\b(?:usd|eur|gbp|us dollars)) ?[\d.,]+ ?(?:m\b|million)|\b(?:confidential|mutual) business (?:proposal|transaction)\b|\bremain blessed\b|\bgod bless\b[^.]{0,40}\bfund`,
      String.raw`erbschaft|nachlass in höhe|héritage de|herencia de|eredità di|herança de|наследств|遗产|遺産`,
    ),
  },
  {
    name: 'a prize',
    weight: 1.5,
    pattern: alternatives(
      String.raw`\b(?:you(?:r (?:e-?mail|address|number))?(?: have| has|'ve)? (?:been )?(?:won|selected as (?:a |the )?winner)|lottery|lucky winner|claim your (?:prize|reward|winnings?)|sweepstakes?)\b`,
      String.raw`sie haben gewonnen|ihr gewinn|vous avez gagné|gros lot|ha(?:s)? (?:sido )?(?:ganado|ganador)|hai vinto|você ganhou|u heeft gewonnen|wygrał[ae]ś|вы выиграли|恭喜您?中奖|中獎|当選`,
    ),
  },
  {
    name: 'money without work',
    weight: 1.3,
    pattern: alternatives(
      String.raw`\b(?:double your (?:money|bitcoin|crypto|investment)|guaranteed (?:profit|return|income)s?|passive income|earn (?:up to )?[$€£]?[\d,.]+ ?(?:k|\$|€|£)? ?(?:a|per|every) (?:day|week|month)|(?:daily|weekly) (?:profit|returns?)|make money (?:fast|online|from home)|financial freedom|work from home and earn|risk[- ]free (?:profit|investment)|trading (?:bot|robot|signals))\b`,
      String.raw`\b(?:bitcoin|btc|ethereum|crypto(?:currency)?|usdt)\b[^.!?\n]{0,80}\b(?:double|profit|return|invest|giveaway|airdrop|bonus|earn|wallet)`,
      String.raw`доход (?:от|каждый|без)|заработ(?:ок|ай|ать)[^.!?\n]{0,40}(?:день|дома|интернет)|(?:начислен|выигрыш|выплата)[^.!?\n]{0,40}руб|passives einkommen|geld verdienen|verdienen sie [\d.]+|revenus? (?:passif|garanti)|gagnez [\d ]+ ?€|gane (?:hasta )?[\d.]+|ingresos (?:pasivos|garantizados)|guadagna [\d.]+|ganhe (?:até )?[\d.r$ ]+|日赚|躺赚|稳赚|高收益|副業で稼`,
    ),
  },
  {
    name: 'a loan for everybody',
    weight: 1.3,
    pattern: alternatives(
      String.raw`\b(?:(?:pre-?approved|instant|personal|business|quick|cash|payday) loans?|loan (?:offer|approved)|no credit check|bad credit|refinance|consolidate your debts?|mortgage rates?)\b`,
      String.raw`sofortkredit|kredit ohne schufa|crédit (?:rapide|sans)|prêt (?:rapide|entre particuliers)|pr[ée]stamo[^.!?\n]{0,40}(?:aprobado|inmediato|rápido)|prestito (?:immediato|veloce)|empréstimo (?:rápido|aprovado)|lening zonder|chwilówk|кредит (?:без|за|онлайн)|займ|贷款|貸款`,
    ),
  },
  {
    name: 'pills and wonders',
    weight: 1.4,
    pattern: alternatives(
      String.raw`\b(?:viagra|cialis|levitra|v[i1!]agra|xanax|valium|ambien|online pharmacy|no prescription|without (?:a )?prescription|weight ?loss (?:miracle|pill|secret)|lose \d+ ?(?:pounds|lbs|kg)|miracle (?:pill|cure|product)|doctors? (?:hate|don't want)|(?:penis|male|breast) enlargement|anti-?aging|keto (?:gummies|pills)|100 ?% natural)\b`,
      String.raw`ohne rezept|potenzmittel|abnehmen ohne|sans ordonnance|perdez \d+ ?(?:kg|kilos)|sin receta|adelgaz|senza ricetta|sem receita|bez recepty|без рецепта|похуде|壮阳|减肥`,
    ),
  },
  {
    name: 'copies of brands',
    weight: 1.3,
    pattern:
      /\b(?:replicas? (?:watch|bag|handbag)\w*|rolex|(?:designer|luxury) (?:watches|bags|handbags)|louis vuitton|ray-?ban)\b|高仿|名表|a货|スーパーコピー|реплик[аи] (?:часов|сумок)|repliche|répliques? de montres/,
  },
  {
    name: 'adult contacts',
    weight: 1.3,
    pattern:
      /\b(?:hot (?:singles|girls|women)|lonely (?:girls|wives|women)|adult (?:dating|friend)|xxx|porn|webcam girls?|(?:sexy|naked|nude) (?:girls?|photos?|pics?|teens?)|meet (?:singles|women|girls) (?:tonight|near|in your))\b|знакомств[ао] для|约炮|裸聊/,
  },
  {
    name: 'lists, visits and followers by the thousand',
    weight: 1.3,
    pattern:
      /\b[\d,.]{4,} ?(?:k |thousand |million )?(?:verified |targeted |fresh |new )?(?:e-?mail addresses|emails|contacts|leads|followers|visitors|decision makers|backlinks)\b|\b(?:e-?mail (?:lists?|database)|contact list|mailing list) (?:for sale|of \d|only)|\bbulk (?:e-?mail|sms)\b/,
  },
  {
    name: 'a casino',
    weight: 1.3,
    pattern:
      /\b(?:online casino|casino bonus|free spins|no deposit bonus|jackpot|betting bonus)\b|казино|фриспин|娱乐城|赌场|オンラインカジノ|tiradas gratis|giri gratis|freispiele/,
  },
];

const pressure = alternatives(
  String.raw`\b(?:act now|order now|click here|only \d+ (?:bottles?|pieces?|places?|spots?|hours?) left|100 ?% (?:free|guaranteed|natural)|this is not spam|limited supply|reply (?:yes|stop|remove)\b|to be removed|remove me|offer ends (?:today|tonight|midnight)|until midnight|no questions asked|once in a lifetime|dear (?:friend|beloved|winner|customer|sir\/madam))\b`,
  String.raw`nur heute|jetzt zugreifen|hier klicken|seulement aujourd|cliquez ici|s[óo]lo hoy|haga clic|gratis|solo oggi|clicca qui|só hoje|clique aqui|alleen vandaag|tylko dzi[sś]|kliknij|только сегодня|сегодня|нажмите|бесплатно|限时|限時|包邮|点击|免费领|今だけ|無料`,
);

const surelyHam = 0.05;

/** How much speaks for spam: what was learned, what is offered, how it is written, and whether the sender is proven. */
export function weighSpam(facts: Facts): Evidence | undefined {
  const learned = weighLearned(facts);
  const sold = mayBeSpam(facts) ? findSchemes(facts.said) : [];
  const form =
    sold.length > 0 || learned >= 0.5 || facts.authenticity === 'refuted' ? weighForm(facts) : 0;
  const weight =
    learned + sold.reduce((sum, scheme) => sum + scheme.weight, 0) + form - weighTrust(facts);
  if (weight < 0.4) return undefined;
  const reasons = [
    ...(learned > 0.3 ? [`reads like spam (${Math.floor(100 * facts.spamScore)} %)`] : []),
    ...sold.map(({ name }) => `offers ${name}`),
    ...(facts.authenticity === 'refuted'
      ? ['the receiving server found that the sender is another']
      : []),
  ];
  return { weight, reason: reasons.join('; ') || 'is written as spam is' };
}

function findSchemes(said: string): Scheme[] {
  return schemes.filter(({ pattern }) => pattern.test(said)).slice(0, 3);
}

/** What is surely spam needs no more signs, and among acquaintances one may speak of anything. */
function mayBeSpam({ isKnown, isDiscussion, authenticity, spamScore }: Facts): boolean {
  return spamScore < sureSpamCut && (authenticity === 'refuted' || !(isKnown || isDiscussion));
}

/** Between the cuts spam is a suspicion: enough to be unsure, not enough to decide. */
function weighLearned({ spamScore, isReply }: Facts): number {
  if (spamScore >= sureSpamCut) return 3;
  if (spamScore >= likelySpamCut) return isReply ? 0.9 : 1.6;
  if (spamScore >= spamCut) return 0.8;
  return spamScore >= 0.2 ? 0.3 : 0;
}

function weighForm({ mail, said, authenticity, isStranger }: Facts): number {
  let weight = 0;
  if (authenticity === 'refuted') weight += 1.2;
  if (pressure.test(said)) weight += 0.5;
  if (isShouting(`${mail.subject} ${mail.text.slice(0, 800)}`)) weight += 0.5;
  // Letters inside words that only look like letters: `sl33p`, `v1agra`, `h@te`.
  if ((said.match(/[a-z][0-9@][a-z0-9@]*[a-z]/g)?.length ?? 0) >= 3) weight += 0.6;
  if (isPicture(mail)) weight += 0.6;
  if (mail.html?.hasHiddenText) weight += 0.3;
  if (isStranger) weight += 0.2;
  return weight;
}

function isShouting(text: string): boolean {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  const capitals = text.match(/\p{Lu}/gu)?.length ?? 0;
  return (letters > 40 && capitals / letters > 0.4) || /!{2,}/.test(text);
}

function isPicture({ text, contentTypes, html }: Facts['mail']): boolean {
  const hasPicture =
    contentTypes.some((type) => type.startsWith('image/')) || html?.tags.has('img');
  return hasPicture === true && text.trim().length < 120;
}

/** A sender that is who he says, and that the reader knows, is doubted less; what was learned is from 2002. */
function weighTrust(facts: Facts): number {
  const { authenticity, isKnown, isOwn, isDiscussion, mail, spamScore } = facts;
  if (isOwn) return 3;
  let weight = 0;
  if (authenticity === 'proven') weight += 1;
  if (isKnown) weight += 1.2;
  if (isDiscussion) weight += 1;
  if (spamScore < surelyHam && authenticity !== 'refuted') weight += 0.8;
  // The corpus of that time has other scripts in spam only.
  if (spamScore >= spamCut && authenticity !== 'refuted' && isForeign(mail.text)) weight += 1;
  return weight;
}

function isForeign(text: string): boolean {
  const start = text.slice(0, 1000);
  const letters = start.match(/\p{L}/gu)?.length ?? 0;
  const foreign = start.match(/[^\p{Script=Latin}\P{L}]/gu)?.length ?? 0;
  return letters > 20 && foreign / letters > 0.5;
}
