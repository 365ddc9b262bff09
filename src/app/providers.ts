import type { Config } from '../../config/index.ts';
import type { Need } from '../core/context.ts';
import type { ChildProcesses, Providers } from '../runtime/index.ts';

type Settings = Pick<Config, 'mailboxes'>;

const allNeeds: readonly Need[] = ['mailbox', 'documents', 'database'];

/** How this installation meets `needs`; the modules of what is not needed are not loaded. */
export async function openProviders(
  { mailboxes }: Settings,
  needs: readonly Need[] = allNeeds,
): Promise<Providers> {
  const open: { [Name in Need]: () => Promise<Providers[Name]> } = {
    async mailbox() {
      const { openMailboxes } = await import('../connectors/mailbox/index.ts');
      const opened = openMailboxes({ named: mailboxes });
      return () => opened;
    },
    async documents() {
      const { openDocuments } = await import('../documents/index.ts');
      return ({ sql, run, job }) => openDocuments(sql, { runId: run, job });
    },
    database:
      async () =>
      ({ sql }) =>
        sql,
  };
  const opened = needs.map(async (need) => [need, await open[need]()] as const);
  return Object.fromEntries(await Promise.all(opened));
}

/** How this installation runs attempts in processes of their own. */
export function childProcessesOf({ mailboxes, footprint }: Config): ChildProcesses {
  return {
    entry: new URL('../../workers/attempt.ts', import.meta.url),
    setup: { mailboxes } satisfies Settings,
    mayTransact: footprint !== 'embedded',
  };
}
