import type { Draft } from './draft.ts';
import { englishNotes, englishQuestions, englishReplies, ownQuestions } from './letters/english.ts';
import { europeanNotes, europeanQuestions } from './letters/europe.ts';
import { worldNotes, worldQuestions } from './letters/world.ts';
import { composeLetter, createFilling, type Letter } from './letters.ts';
import { owner, type Person } from './people.ts';
import type { Random } from './random.ts';

/** Mails between the owner and the cast; about half of them go on in an open thread. */
export interface Conversations {
  write(sentMs: number, createId: (sender: Person) => string): Draft;
}

interface Thread {
  readonly subject: string;
  readonly other: Person;
  readonly ids: readonly string[];
  readonly lastSender: Person;
  readonly lastText: string;
}

/** Opens the correspondence; it remembers the latest sixty threads that wait for somebody. */
export function openConversations(random: Random, cast: readonly Person[]): Conversations {
  const open: Thread[] = [];
  const write: Conversations['write'] = (sentMs, createId) => {
    const goesOn = open.length > 0 && random.chance(0.5);
    const at = random.between(0, Math.max(0, open.length - 1));
    const thread = goesOn ? open.splice(at, 1)[0] : undefined;
    const draft = thread
      ? continueThread({ random, thread, sentMs, createId })
      : startThread({ random, cast, sentMs, createId });
    if (draft.category !== 'fyi') open.push(toThread(draft));
    if (open.length > 60) open.shift();
    return draft;
  };
  return { write };
}

interface Turn {
  readonly random: Random;
  readonly sentMs: number;
  readonly createId: (sender: Person) => string;
}

function startThread({
  random,
  cast,
  sentMs,
  createId,
}: Turn & { cast: readonly Person[] }): Draft {
  const other = random.pick(cast);
  const category = random.weighted(openings);
  const sender = category === 'waiting' ? owner : other;
  const recipient = category === 'waiting' ? other : owner;
  const { language } = sender;
  const letter = random.pick(lettersOf[category].filter((one) => one.language === language));
  const composed = composeLetter(letter, { random, sender, language, sentMs });
  return {
    category,
    id: createId(sender),
    sender,
    recipient,
    language,
    references: [],
    ...composed,
  };
}

function continueThread({ random, thread, sentMs, createId }: Turn & { thread: Thread }): Draft {
  const isOwn = thread.lastSender !== owner;
  const sender = isOwn ? owner : thread.other;
  const { language } = sender;
  const isAsking = random.chance(0.45);
  const answer = writeReply({ random, sender, isAsking, sentMs });
  return {
    category: isAsking ? (isOwn ? 'waiting' : 'to-reply') : 'fyi',
    id: createId(sender),
    sender,
    recipient: isOwn ? thread.other : owner,
    language,
    subject: /^re:/i.test(thread.subject) ? thread.subject : `Re: ${thread.subject}`,
    text: random.chance(0.6) ? `${answer}\n${quote(thread)}` : answer,
    references: thread.ids,
  };
}

/** A few sentences in the sender's language; only English has replies of its own. */
function writeReply(reply: {
  random: Random;
  sender: Person;
  isAsking: boolean;
  sentMs: number;
}): string {
  const { random, sender, isAsking, sentMs } = reply;
  const { language } = sender;
  const occasion = { random, sender, language, sentMs };
  if (language !== 'en') {
    const letters = lettersOf[isAsking ? 'to-reply' : 'fyi'];
    const fitting = letters.filter((letter) => letter.language === language);
    return composeLetter(random.pick(fitting), occasion).text;
  }
  const { asking, telling, own, ownClosing } = englishReplies;
  const [questions, statements] = sender === owner ? [own, ownClosing] : [asking, telling];
  const sentence = random.pick<string>(isAsking ? questions : statements);
  return `${createFilling(occasion)(sentence)}\n\n${sender.name}\n`;
}

function quote({ lastSender, lastText }: Thread): string {
  const own = lastText.split('\n').filter((line) => !line.startsWith('>'));
  const quoted = own.slice(0, 12).map((line) => (line === '' ? '>' : `> ${line}`));
  return `${lastSender.name} wrote:\n${quoted.join('\n')}\n`;
}

function toThread({ subject, sender, recipient, references, id, text }: Draft): Thread {
  const other = sender === owner ? recipient : sender;
  return { subject, other, ids: [...references, id], lastSender: sender, lastText: text };
}

const openings = { 'to-reply': 45, fyi: 35, waiting: 20 };

const lettersOf: Readonly<Record<keyof typeof openings, readonly Letter[]>> = {
  'to-reply': [...englishQuestions, ...europeanQuestions, ...worldQuestions],
  fyi: [...englishNotes, ...europeanNotes, ...worldNotes],
  waiting: ownQuestions,
};
