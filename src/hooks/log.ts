import type { Duty } from '../core/duty.ts';
import { Failure } from '../core/errors.ts';
import { secretsVariable } from '../core/hook.ts';
import type { Sql } from '../core/sql.ts';
import type { Hooks } from './hooks.ts';
import {
  type Delivery,
  deleteDeliveries,
  type HookActivity,
  selectActivity,
  selectDelivery,
} from './queries.ts';

/** A hook as it is shown: nothing of its secrets but how many there are. */
export interface ShownHook extends Omit<HookActivity, 'hook'> {
  readonly name: string;
  readonly summary: string;
  readonly path: string;
  readonly scheme: string;
  readonly secrets: { readonly variable: string; readonly count: number };
  readonly events: readonly { readonly event: string; readonly job: string }[];
  /** True when a delivery can trigger something. */
  readonly active: boolean;
  /** What is missing, each as a sentence. */
  readonly lacks: readonly string[];
}

export async function showHooks(
  sql: Sql,
  { hooks, secretsOf, hasJob }: Pick<Hooks, 'hooks' | 'secretsOf' | 'hasJob'>,
): Promise<ShownHook[]> {
  const activity = await selectActivity(
    sql,
    hooks.map(({ name }) => name),
  );
  return hooks.map(({ name, summary, scheme, on }, i) => {
    const events = Object.entries(on).map(([event, { job }]) => ({ event, job }));
    const missing = [...new Set(events.map(({ job }) => job).filter((job) => !hasJob(job)))];
    const [variable, count] = [secretsVariable(name), secretsOf(name).length];
    const { lastAt = null, lastDay = {} } = activity[i] ?? {};
    return {
      name,
      summary,
      path: `/api/v1/hooks/${name}`,
      scheme: scheme.name,
      secrets: { variable, count },
      events,
      active: count > 0 && events.some(({ job }) => hasJob(job)),
      lacks: [
        ...(count === 0 ? [`${variable} is not set`] : []),
        ...missing.map((job) => `there is no job ${job} yet`),
      ],
      lastAt,
      lastDay,
    };
  });
}

/** A delivery with its body as text; null where it was not kept. Throws `hook.delivery_missing`. */
export async function showDelivery(
  sql: Sql,
  hook: string,
  id: string,
): Promise<Delivery & { readonly body: string | null }> {
  const found = await selectDelivery(sql, hook, id);
  if (!found) throw new Failure('hook.delivery_missing', { hook, id });
  return { ...found, body: found.body && Buffer.from(found.body).toString() };
}

/** The duty that forgets old deliveries. */
export function hookLogDuty(database: Sql, { keepMs }: { readonly keepMs: number }): Duty {
  return {
    name: 'hook-log',
    periodSeconds: 3600,
    run: async () => ({ deleted: await deleteDeliveries(database, keepMs) }),
  };
}
