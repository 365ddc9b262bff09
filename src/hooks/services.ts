import type { Author } from '../core/audit.ts';
import type { Hook } from '../core/hook.ts';
import type { Sql, TransactionalSql } from '../core/sql.ts';
import type { HookRun } from './decide.ts';
import type { HookOptions } from './options.ts';

/** What webhooks work with. */
export interface HookServices {
  readonly database: TransactionalSql;
  readonly hooks: readonly Hook[];
  readonly options: HookOptions;
  /** The secrets that a hook's deliveries may be signed with; several while one replaces another. */
  secretsOf(hook: string): readonly string[];
  hasJob(name: string): boolean;
  /** Accepts a run inside an open transaction, as asked for by `by`. */
  accept(
    tx: Sql,
    run: HookRun & { readonly by: Author },
  ): Promise<{ readonly id: string; readonly existing: boolean }>;
  now(): Date;
  /** Hears of a log that could not be written, beside the error that belonged in it. */
  onError(error: unknown): void;
}
