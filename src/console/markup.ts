const made = Symbol('markup');

/** HTML that `html` made: text that is put into it by others is escaped. */
export interface Markup {
  readonly [made]: true;
  readonly text: string;
}

/** What may stand in a template: markup as it is, everything else as text; nothing for null, undefined and false. */
export type Content = Markup | string | number | null | undefined | false | readonly Content[];

/** A template of HTML. Whatever is not markup itself is escaped, for elements and for attributes in quotes. */
export function html(literals: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  const text = literals.map(
    (literal, i) => literal + (i < contents.length ? show(contents[i]) : ''),
  );
  return { [made]: true, text: text.join('') };
}

function show(content: Content): string {
  if (content === null || content === undefined || content === false) return '';
  if (typeof content === 'string' || typeof content === 'number') return escape(String(content));
  return made in content ? content.text : content.map(show).join('');
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"'`]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
