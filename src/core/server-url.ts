/** The URL of a server with a host, or undefined. */
export function parseServerUrl(text: string): URL | undefined {
  const url = /\s/.test(text) ? null : URL.parse(text);
  return url?.hostname && !isTorn(url) ? url : undefined;
}

/**
 * A URL as it may be shown: without its password and its query. Of anything that is not the URL of a
 * server only the scheme is left, since there is no telling where in it a secret is.
 */
export function maskUrl(text: string): string {
  const url = parseServerUrl(text);
  if (!url) return `${/^[a-z]+:\/\//i.exec(text)?.[0] ?? ''}***`;
  if (url.password !== '') url.password = '***';
  if (url.search !== '') url.search = '***';
  return url.href;
}

/** True when a password that was not encoded was taken for a port and a path, query or fragment. */
function isTorn({ pathname, search, hash }: URL): boolean {
  return hash !== '' || `${pathname}${search}`.includes('@');
}
