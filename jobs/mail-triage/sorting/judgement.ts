/** Where a mail may go. `unsure` means: the evidence is too thin or too even, a person should look. */
export type Category =
  | 'to-reply'
  | 'waiting'
  | 'fyi'
  | 'newsletter'
  | 'marketing'
  | 'receipt'
  | 'calendar'
  | 'notification'
  | 'cold'
  | 'spam'
  | 'phishing'
  | 'unsure';

export type Priority = 'high' | 'normal' | 'low';

/** What was judged of a mail, and what it rests on. */
export interface Judgement<Answer extends string> {
  readonly answer: Answer;
  /** 0 … 1. */
  readonly confidence: number;
  /** In words. */
  readonly reasons: readonly string[];
}

/** How much something weighs, and why in words. */
export interface Evidence {
  readonly weight: number;
  readonly reason?: string;
}
