interface Cue {
  readonly pattern: RegExp;
  /** Positive when it speaks for a request, negative when against; weighed by hand. */
  readonly weight: number;
}

const imperatives =
  "call|send|give|let|make|check|forward|review|confirm|sign|print|add|get|put|take|tell|ask|remember|try|look|see|use|find|keep|bring|meet|read|note|feel|be|do|don't|schedule|arrange|update|fill|complete|respond|reply|return|submit|attach|prepare|visit|click|go|come|contact|email|e-mail|set|provide|talk|advise|have";

/** Of English, and of punctuation. */
const cues: readonly Cue[] = [
  { pattern: /\b(?:please|pls|plz|kindly)\b/i, weight: 1.6 },
  { pattern: /\b(?:can|could|would|will) you\b/i, weight: 1.7 },
  { pattern: /\b(?:do|did|are|have|were) you\b/i, weight: 0.6 },
  { pattern: /\?\s*$/, weight: 0.7 },
  { pattern: /\blet (?:me|us) know\b/i, weight: 1.8 },
  { pattern: /\b(?:i|we)(?:'d| would)? (?:need|want|like) (?:you|your)\b/i, weight: 1.4 },
  { pattern: /\byou(?:'ll| will)? (?:need|have|should|must|ought)\b/i, weight: 0.8 },
  {
    pattern:
      /\b(?:give|send|call|forward|email|e-mail|get|drop|ask|tell|advise|provide|contact|bring|meet) (?:me|us|him|her|them|it|this|the|your)\b/i,
    weight: 0.8,
  },
  // At the start, after a name or after a word that only leads in.
  {
    pattern: new RegExp(
      `^\\W*(?:(?:(?:and|so|also|then),?|(?:hi )?\\w+(?:,| -|:))\\s+)?(?:${imperatives})\\b`,
      'i',
    ),
    weight: 1,
  },
  {
    pattern:
      /\b(?:if you (?:could|would|can|have)|would be (?:great|ideal|helpful|nice)|(?:i|we)(?:'d| would)? appreciate)\b/i,
    weight: 1.2,
  },
  { pattern: /\b(?:i|we)(?:'d| would like| need| want)\b/i, weight: 0.4 },
  {
    pattern:
      /\b(?:asap|as soon as possible|by (?:monday|tuesday|wednesday|thursday|friday|tomorrow|today|noon|the end|end of|close|eod|cob|\d))\b/i,
    weight: 0.6,
  },
  { pattern: /\b(?:we|let's|let us) (?:should|need to|must)\b|\blet'?s\b/i, weight: 0.8 },
  { pattern: /\b(?:should (?:we|i)|(?:can|could|shall) we)\b/i, weight: 0.9 },
  {
    pattern:
      /\b(?:discuss|meeting|call me|get together|lunch|your (?:comments|thoughts|feedback|input|help|opinion|approval))\b/i,
    weight: 0.6,
  },
  {
    pattern:
      /\b(?:unsubscribe|unsub|click|subscribe|mailing list|white ?list|safe[- ]sender|to ensure|address book|spam|(?<!\byou )(?<!\byou are )free(?! (?:on|at|for|to|this|next|tomorrow|one))|offer|save|deals?|newsletter|privacy|special)\b/i,
    weight: -1.2,
  },
  {
    pattern: /\bif you(?:'d)? (?:do not|don't|no longer|would prefer|prefer|want|wish|need)\b/i,
    weight: -0.9,
  },
  { pattern: /\b(?:thank you for|thanks for|look(?:ing)? forward)\b/i, weight: -0.6 },
  {
    pattern:
      /\b(?:i|we) (?:have|had|am|was|were|will|'ll|shall|received|sent|got|left|think|hope|thought|just)\b/i,
    weight: -0.3,
  },
  { pattern: /\b(?:feel free|do not hesitate|don't hesitate)\b/i, weight: -0.3 },
  {
    pattern: /\b(?:nothing (?:for )?you|no need|(?:do not|don't|needn't) (?:need|have)? ?to)\b/i,
    weight: -1.5,
  },
  { pattern: /\b(?:sure|going|trying) to please\b/i, weight: -1.6 },
  { pattern: /!\s*$/, weight: -0.6 },
  {
    pattern:
      /\b(?:have|enjoy) (?:a|an|your|the) (?:\w+ )?(?:day|week|weekend|evening|trip|holidays?|time|one)\b/i,
    weight: -2.5,
  },
];

/** The requests of other languages; told apart, since most sentences are searched for nothing by them. */
const foreignCues: readonly Cue[] = [
  {
    pattern:
      /\bbitte\b|\b(?:könn(?:t|en|test|ten|tet)|würde?(?:n|st|t)?|kannst|könnt) (?:du|ihr|sie)\b|\bgeben sie\b|\bsag(?:en sie)? mir\b/i,
    weight: 1.6,
  },
  {
    pattern:
      /\bs'il (?:vous|te) pla[iî]t\b|\bmerci de \w+|\bveuillez\b|\b(?:pou(?:vez|rriez)|pourrais|peux)[- ](?:vous|tu)\b/i,
    weight: 1.6,
  },
  {
    pattern:
      /\b(?:pode(?:m|ria|riam|s)?|consegue[ms]?) (?:\p{L}+)|\bagrade[cç]o (?:que|a)\b|\bqueira\b|\bdiga-me\b|\benvie(?:m)?(?:-me|-nos)?\b/iu,
    weight: 1.2,
  },
  {
    pattern:
      /\bper favore\b|\bper cortesia\b|\bpo(?:tete|trebbe|treste|tresti|ssiamo)\b|\bpuoi\b|\bmi (?:faccia|fai) sapere\b|\bvi prego\b|\bla prego\b/iu,
    weight: 1.5,
  },
  {
    pattern:
      /\b(?:kunt u|kun je|kunnen jullie|wilt u|wil je|graag (?:uw|je|een|voor)|alstublieft|alsjeblieft|laat (?:me|ons) weten)\b/iu,
    weight: 1.5,
  },
  {
    pattern:
      /\b(?:kan|kunne|skulle) (?:du|ni|i) \p{L}+|\bvänligen\b|\bvær så snill\b|\bvenligst\b/iu,
    weight: 1.5,
  },
  {
    pattern:
      /(?<!\p{L})(?:prosz[ęe]|prosimy|czy (?:mo[żg]|mog|pan)|prosím|můžete|mohli byste|lütfen|(?:mısınız|misiniz|musunuz|müsünüz))(?!\p{L}{3})/iu,
    weight: 1.5,
  },
  {
    pattern:
      /(?<!\p{L})(?:пожалуйста|прошу|просим|просьба|не могли бы|можете ли|сообщите|подскажите|подтвердите|пришлите|будь ласка)(?!\p{L})/iu,
    weight: 1.6,
  },
  {
    pattern:
      /请(?:问|您|你|在|于|尽快|确认|回复|告知|提供|发送|安排)|請(?:問|您|於|在|盡快|確認|回覆|告知|提供)|麻烦(?:您|你)|能否|可否|是否可以|您能|ください|いただけ(?:ます|ない|れば|ません)|いかがでしょうか|でしょうか|願えますか|お知らせ(?:ください|願)/u,
    weight: 1.8,
  },
  { pattern: /敬請見諒|敬请谅解|请放心|請放心|ご安心ください|お気をつけください/u, weight: -2 },
  {
    pattern:
      /(?<!\p{L})(?:هل|يرجى|نرجو|الرجاء|من فضلك(?:م)?|أرجو)(?!\p{L})|(?<!\p{L})(?:בבקשה|האם|נא)(?!\p{L})|παρακαλώ|μπορείτε/u,
    weight: 1.6,
  },
  {
    pattern:
      /\bpor favor\b|\b(?:puedes|podr[ií]as?|puede|podr[ií]a usted)\b|\b(?:env[ií]ame|env[ií]enos|av[ií]same|conf[ií]rm[ae]me)\b/i,
    weight: 1.6,
  },
];

/** From here a sentence is taken to ask its reader to do something. */
export const actionCut = 0.4;

/** How much a sentence reads as a request to its reader: the sum of the cues in it. */
export function scoreRequest(sentence: string, language = 'und'): number {
  let score = 0;
  for (const { pattern, weight } of cues) if (pattern.test(sentence)) score += weight;
  if (language === 'eng') return score;
  for (const { pattern, weight } of foreignCues) if (pattern.test(sentence)) score += weight;
  return score;
}
