const maxChars = 10_000;
const maxSentences = 200;
const maxSentenceChars = 400;
/** A full stop after these ends no sentence. */
const abbreviation =
  /(?:^|[\s(])(?:mr|mrs|ms|dr|prof|st|no|nr|vs|etc|e\.g|i\.e|z\.b|bzw|ca|inc|ltd|co|corp|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|a\.m|p\.m|[A-Z]|(?:am|den|dem|vom|zum|bis) \d{1,2})\.$/i;

/** True for what ends as a question does, unless it is too short to be one by itself (`Ok?`). */
export function isQuestion(sentence: string): boolean {
  if (/(?:か|吗|嗎|呢)[。.]?$/u.test(sentence)) return true;
  return (
    sentence.length > (/[\u3000-\u9fff]/.test(sentence) ? 4 : 8) && /[?？؟][)"'”»]*$/.test(sentence)
  );
}

/** The sentences of a text, in order; lines broken by the mail's width are joined, lists stay apart. */
export function splitSentences(text: string): string[] {
  const sentences: string[] = [];
  for (const paragraph of text
    .slice(0, maxChars)
    .split(/\n[ \t]*\n|\n(?=\s*(?:[-*•–]|\d+[.)])\s)/)) {
    for (const sentence of splitParagraph(joinLines(paragraph))) {
      if (sentences.length >= maxSentences) return sentences;
      if (sentence.length <= maxSentenceChars && /\p{L}{2}/u.test(sentence))
        sentences.push(sentence);
    }
  }
  return sentences;
}

/** A line that ends early was ended on purpose: it is joined only when the next goes on in lower case. */
function joinLines(paragraph: string): string {
  const lines = paragraph.split('\n').map((line) => line.trim());
  return lines.reduce((joined, line) => {
    const last = joined.slice(joined.lastIndexOf('\n') + 1);
    const goesOn = last.length > 50 || /^[\p{Ll}\d("]/u.test(line);
    return joined === '' ? line : `${joined}${goesOn ? ' ' : '\n'}${line}`;
  }, '');
}

function* splitParagraph(paragraph: string): Generator<string> {
  let from = 0;
  for (const { index, 0: end } of paragraph.matchAll(/[.!?…؟]+["')\]]*(?=\s)|\n|[。！？]/g)) {
    const sentence = paragraph.slice(from, index + end.length).trim();
    if (end === '.' && abbreviation.test(sentence)) continue;
    if (sentence !== '') yield sentence;
    from = index + end.length;
  }
  const rest = paragraph.slice(from).trim();
  if (rest !== '') yield rest;
}
