import * as chrono from 'chrono-node';

const parsers: Record<string, typeof chrono.casual> = {
  eng: chrono.en.casual,
  deu: chrono.de.casual,
  fra: chrono.fr.casual,
  spa: chrono.es.casual,
};
/** Whatever names no day or hour cannot be a date; chrono is too slow to be asked about every sentence. */
const mayNameDay =
  /\d|tomorrow|today|tonight|day|week|month|noon|eod|morgen|heute|tag|woche|mittwoch|demain|aujourd|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|semaine|mañana|hoy|lunes|martes|miércoles|jueves|viernes|sábado|domingo|semana/i;

/** `since Friday`, `last week`, `on the 3rd of last month`: what lies behind is not due. */
const past =
  /\b(?:since|last|ago|yesterday|previous|seit|letzte[nrs]?|vorige[nrs]?|gestern|depuis|dernière?|hier|desde(?: el)?|pasad[oa]|ayer)\b(?: (?:on|the|dem|den|le|la|el))?(?: [\p{L}\d.]+){0,2}/giu;

/** The day a sentence names, seen from when it was written, in UTC (`2026-03-01`); undefined for none or one long past. */
export function findDueDate(
  sentence: string,
  { written, language }: { written: Date; language: string },
): string | undefined {
  if (!mayNameDay.test(sentence)) return undefined;
  const ahead = sentence.replaceAll(past, ' … ');
  if (!mayNameDay.test(ahead)) return undefined;
  const parser = parsers[language] ?? chrono.en.casual;
  const reference = { instant: written, timezone: 0 };
  for (const { start } of parser.parse(ahead, reference, { forwardDate: true })) {
    if (!(start.isCertain('day') || start.isCertain('weekday') || start.isCertain('month')))
      continue;
    const due = new Date(
      Date.UTC(start.get('year') ?? 0, (start.get('month') ?? 1) - 1, start.get('day') ?? 1),
    );
    const days = (due.getTime() - written.getTime()) / 86_400_000;
    if (days > -2 && days < 3 * 365) return due.toISOString().slice(0, 10);
  }
  return undefined;
}
