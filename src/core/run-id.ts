/** When a run was accepted: its id is a uuidv7, of which the first 48 bits are milliseconds. */
export function acceptedAt(run: string): Date {
  return new Date(Number.parseInt(run.replace('-', '').slice(0, 12), 16));
}
