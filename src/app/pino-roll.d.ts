/** The part of pino-roll that we use; it has no types of its own. */
declare module 'pino-roll' {
  interface RollingOptions {
    readonly file: string;
    readonly size: string;
    readonly limit: { readonly count: number; readonly removeOtherLogFiles: boolean };
    readonly sync: boolean;
  }

  interface RollingStream {
    write(line: string): void;
    on(event: 'error', hear: (error: Error) => void): unknown;
  }

  export default function openRolling(options: RollingOptions): Promise<RollingStream>;
}
