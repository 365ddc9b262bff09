/** The function of this name as an earlier migration made it, to be put in place of another. */
export function functionOf({ up }: { readonly up: string }, name: string): string {
  const from = up.indexOf(`create function ${name}`);
  if (from < 0) throw new Error(`there is no function ${name}`);
  const text = up.slice(from, up.indexOf(last, from) + last.length);
  return text.replace('create function', 'create or replace function');
}

const last = 'end $$;';

/** `text` with other words in some places; throws where one is not there. */
export function edit(
  text: string,
  ...changes: readonly (readonly [place: string, becomes: string])[]
): string {
  return changes.reduce((edited, [place, becomes]) => {
    if (!edited.includes(place)) throw new Error(`there is no "${place}"`);
    return edited.replace(place, () => becomes);
  }, text);
}
