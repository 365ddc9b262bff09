/** Where a page of `list` ended, as an opaque text. */
export function writeCursor(list: string, place: string): string {
  return Buffer.from(JSON.stringify([list, place])).toString('base64url');
}
