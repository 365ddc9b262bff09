/** How the API meets strangers: what a server that listens on a port is given beside its routes. */
export interface DoorOptions {
  /** The address that it listens on. */
  readonly host: string;
  /** Names that a `Host` may have beside this machine's own; with none, any is taken unless `host` is a loopback. */
  readonly hosts: readonly string[];
  /** Origins whose pages may call it. */
  readonly corsOrigins: readonly string[];
  /** Addresses and networks of proxies whose `X-Forwarded-*` is believed. */
  readonly trustedProxies: readonly string[];
  /** Requests a minute from one address without a caller that is known. */
  readonly strangersPerMinute: number;
  /** Connections at a time. */
  readonly connections: number;
  /** `key`, when left out: where other machines reach it, `/metrics` asks for a key. */
  readonly metrics?: 'key' | 'open' | undefined;
  readonly tls?: TlsFiles | undefined;
  /** Milliseconds that a client may take to send the head of a request, and all of it. */
  readonly headersMs?: number;
  readonly requestMs?: number;
  /** And a handler to answer it. */
  readonly handlerMs?: number;
  /** How often that is looked at. */
  readonly checkMs?: number;
  /** How often the files of `tls` are. */
  readonly tlsCheckMs?: number;
  onRequest?(line: RequestLine): void;
}

/** Paths of PEM files. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** What the log keeps of a request. */
export interface RequestLine {
  readonly request: string;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  readonly address: string;
  readonly caller: string;
  /** The id of its trace, where there are traces. */
  readonly trace?: string;
  /** The client went before it had the whole answer; `status` is 499 where it had none of it. */
  readonly aborted?: true;
}
