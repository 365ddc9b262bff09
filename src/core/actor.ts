/**
 * Who asks for something, or did it: an API key, a person, a webhook, a role of the database, whoever works on the
 * machine itself, or Nightshift.
 */
export interface Actor {
  readonly kind: 'key' | 'user' | 'hook' | 'database' | 'local' | 'system';
  /** The id of the key or the user, the name of the webhook or the role; the kind where there is only one. */
  readonly id: string;
  readonly name: string;
  readonly role: string;
  /** The only jobs it may see and touch, by name or `prefix*`; all when absent. */
  readonly jobs?: readonly string[];
}

/** Whoever reaches the data folder or the database: the command line, which needs no key. */
export const localOperator: Actor = {
  kind: 'local',
  id: 'local',
  name: 'local operator',
  role: 'admin',
};

/** Whoever asks for what needs no key, such as the health of a process. */
export const nobody: Actor = { kind: 'system', id: 'nobody', name: 'nobody', role: 'none' };

/** Who it is, in words: `key shop`, or the name of whoever works on the machine itself. */
export function nameOfActor({ kind, name }: Pick<Actor, 'kind' | 'name'>): string {
  return kind === 'local' || kind === 'system' ? name : `${kind} ${name}`;
}

/** The header in which a command says who its user is: nobody can check it, and who sends it may do everything. */
export const operatorHeader = 'nightshift-operator';
