/** Where somebody goes on after signing in: a path of ours, whatever was asked for. */
export function nextPath(asked: string | undefined): string {
  // Browsers take a backslash for a slash, and leave out tabs and line breaks.
  if (asked === undefined || !/^\/(?![/\\])[^\\\s\p{Cc}]*$/u.test(asked)) return '/';
  const ours = 'http://nightshift.invalid';
  const url = URL.canParse(asked, ours) ? new URL(asked, ours) : undefined;
  // `/.//elsewhere` is `//elsewhere` now, which is another host.
  const isOurs = url?.origin === ours && !url.pathname.startsWith('//');
  return isOurs ? `${url.pathname}${url.search}` : '/';
}
