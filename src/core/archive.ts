/** Where something is kept that is too large for its row, as the row knows it. */
export interface Artifact {
  /** Its name in the archive: `runs/2026-11/<run>/2-result.json.zst`. */
  readonly key: string;
  /** Its size before it was compressed. */
  readonly bytes: number;
  /** Of its content before it was compressed, in hex. */
  readonly sha256: string;
}

/** Files by key: a folder, later an object store. A key is names joined by "/", each of letters, digits, ".", "_" and "-". */
export interface Archive {
  /** What people call it: the path of its folder. */
  readonly place: string;
  /** Keeps `content` under `key`, whole or not at all, and replaces what was there. Throws `archive.unwritable`. */
  put(key: string, content: Uint8Array): Promise<void>;
  /** Throws `artifact.missing` or `archive.unreadable` when it is read. */
  read(key: string): AsyncIterable<Uint8Array>;
  /** The keys that begin with `prefix`, sorted name by name; what is still being written is not among them. */
  list(prefix: string): AsyncIterable<string>;
  /** Removes what is there under these keys; one that is not there is fine. */
  remove(keys: readonly string[]): Promise<void>;
}
