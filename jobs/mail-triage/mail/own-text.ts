const quoteIntroduction =
  /^(?:on .{5,200}\bwrote|am .{5,200}\bschrieb.{0,80}|le .{5,200}\ba écrit|el .{5,200}\bescribió|.{1,100}\b(?:wrote|writes|schrieb|a écrit|escribió)) ?:$/i;
const forwarded =
  /^(?:-+ ?(?:original message|forwarded message|ursprüngliche nachricht|weitergeleitete nachricht|message d'origine|mensaje original) ?-+|begin forwarded message:|_{20,})$/i;
const outlookHeader = /^(?:from|von|de|\*from:\*) ?: .+/i;
const outlookNext = /^(?:sent|date|to|gesendet|an|envoyé|enviado|subject)\s?:/i;
const closing =
  /^(?:(?:best|kind|warm)? ?regards|best(?: wishes)?|cheers|thanks|many thanks|thank you|sincerely|yours(?: sincerely| truly)?|(?:viele|liebe|beste|mit freundlichen|freundliche) grüße?n?|mfg|lg|cordialement|bien à vous|saludos|un saludo|atentamente)\s?[,.!]?$/i;

/** What the sender wrote in this mail: without quotes, forwarded mails and the signature. */
export function stripQuotes(text: string): string {
  const kept: string[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!.trimEnd();
    const trimmed = line.trim();
    if (/^-- ?$/.test(lines[at]!) || forwarded.test(trimmed)) break;
    if (outlookHeader.test(trimmed) && outlookNext.test(lines[at + 1]?.trim() ?? '')) break;
    if (/^ ?(?:>|\|)/.test(line)) continue;
    if (isQuoteIntroduction(lines, at)) continue;
    kept.push(line);
  }
  return stripClosing(kept)
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}

/** An introduction may be broken over two lines; it counts only where a quote or nothing follows. */
function isQuoteIntroduction(lines: readonly string[], at: number): boolean {
  const line = lines[at]!.trim();
  if (!line.endsWith(':') || line.length > 300) return false;
  const previous = lines[at - 1]?.trim() ?? '';
  if (!quoteIntroduction.test(line) && !quoteIntroduction.test(`${previous} ${line}`)) return false;
  const next = lines.slice(at + 1, at + 4).find((other) => other.trim() !== '');
  return next === undefined || /^ ?[>|]/.test(next);
}

/** Takes off a closing formula and what follows it, when that is as short as a signature. */
function stripClosing(lines: string[]): string[] {
  const from = Math.max(1, lines.length - 10);
  for (let at = from; at < lines.length; at++)
    if (closing.test(lines[at]!.trim())) return lines.slice(0, at);
  return lines;
}
