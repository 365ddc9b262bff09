/** `text` as Postgres takes it: each NUL and each half of a surrogate pair becomes U+FFFD. */
export function cleanText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\u{FFFD}');
}

/** `value` as JSON that Postgres takes as json and jsonb, cleaned like `cleanText` in all its strings and keys. */
export function cleanJson(value: unknown): string {
  const text = JSON.stringify(value);
  if (!text.includes('\\')) return text; // most have no escapes, and to look for one is cheap
  // An escaped backslash is matched too, so that the text `\u0000` (six characters) stays as it is.
  return text.replaceAll(/\\(?:\\|u0000|ud[89a-f]..)/g, (escape) =>
    escape === '\\\\' ? escape : '\u{FFFD}',
  );
}
