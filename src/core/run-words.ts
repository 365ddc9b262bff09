/** The words and "phrases" of a search, of which a run has to have every one; none for an empty text. */
export function readWords(text: string): string[] {
  const parts = [...text.matchAll(/"([^"]*)"?|([^\s"]+)/g)].map(([, phrase, word]) =>
    (phrase ?? word ?? '').trim(),
  );
  return [...new Set(parts.filter((part) => part !== ''))];
}
