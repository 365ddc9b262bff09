import type { Language } from './languages.ts';
import type { Person } from './people.ts';

/** What a mail is for its owner when it arrives; `broken` is damaged in form. */
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
  | 'broken';

/** A mail before it has a form: who says what to whom, and in which thread. */
export interface Draft {
  readonly category: Category;
  readonly id: string;
  readonly sender: Person;
  readonly recipient: Person;
  readonly language: Language;
  readonly subject: string;
  readonly text: string;
  /** The Message-IDs of the thread so far, oldest first. */
  readonly references: readonly string[];
}
