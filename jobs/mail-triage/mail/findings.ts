/** What was wrong with a mail, each said once, in sentences for people. */
export interface Findings {
  add(sentence: string): void;
  list(): string[];
}

/** Starts an empty list of findings. */
export function openFindings(): Findings {
  const sentences = new Set<string>();
  return {
    add: (sentence) => {
      if (sentences.size < 50) sentences.add(sentence);
    },
    list: () => [...sentences],
  };
}
