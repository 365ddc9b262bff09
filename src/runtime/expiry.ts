import type { Duty } from '../core/duty.ts';
import { Failure } from '../core/errors.ts';
import type { RunError } from '../core/run.ts';
import type { Sql } from '../core/sql.ts';
import { expireRuns } from '../ledger/index.ts';

const page = 1000;

/** The duty that ends runs which did not begin before their time was over; a claim refuses them even before. */
export function expiryDuty(sql: Sql): Duty & { run(): Promise<{ expired: number }> } {
  const { name, message, code } = new Failure('run.expired', {});
  const error: RunError = { name, message, code };
  return {
    name: 'expiry',
    periodSeconds: 5,
    async run() {
      let expired = 0;
      for (;;) {
        const ended = await expireRuns(sql, error, page);
        expired += ended;
        if (ended < page) return { expired };
      }
    },
  };
}
