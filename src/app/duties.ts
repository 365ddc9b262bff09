import { auditRetentionDuty } from '../audit/index.ts';
import type { Duty } from '../core/duty.ts';
import { hookLogDuty } from '../hooks/index.ts';
import { ensurePartitions, forgetRequestKeys, forgetWorkers, retireRuns } from '../ledger/index.ts';
import {
  artifactDuty,
  bulkDuty,
  expiryDuty,
  gatesDuty,
  missedDuty,
  rescueDuty,
  uniqueKeysDuty,
  unknownJobsDuty,
  wakesDuty,
} from '../runtime/index.ts';
import type { System } from './system.ts';

/** Rescue, by the settings of this installation. */
export function rescueOf({ config, database, queues, log }: System): Duty {
  return rescueDuty({
    database,
    queues,
    detectionMs: config.runtime.detectionMs,
    onRescued: (rescued) => log.warn(rescued, 'runs were rescued'),
  });
}

/** Every duty of the control plane, from the domains that declare them. */
export function dutiesOf(system: System, rescue: Duty): Duty[] {
  const { config, database, auditing, queues, catalogue, announcements, artifacts, gates } = system;
  const { detectionMs, unknownJobMs, keepRunsMs } = config.runtime;
  const retention = { keepMs: keepRunsMs, shared: database.driver.kind === 'postgres' };
  return [
    rescue,
    expiryDuty(database),
    gatesDuty({ database, gates }),
    missedDuty(database, system.onError),
    uniqueKeysDuty(database),
    unknownJobsDuty({ database, queues, catalogue, announcements, detectionMs, unknownJobMs }),
    {
      name: 'partitions',
      periodSeconds: 3600,
      run: async () => ({ created: await ensurePartitions(database) }),
    },
    { name: 'retention', periodSeconds: 3600, run: () => retireRuns(database, retention) },
    bulkDuty({ database, queues }),
    wakesDuty({ database, queues }),
    artifactDuty({ database, artifacts }),
    {
      name: 'idempotency-keys',
      periodSeconds: 3600,
      run: async () => ({ deleted: await forgetRequestKeys(database) }),
    },
    hookLogDuty(database, config.hooks),
    auditRetentionDuty({ database, keepMs: config.audit.keepMs, archive: auditing.archive }),
    { name: 'workers', periodSeconds: 3600, run: () => forgetWorkers(database) },
  ];
}
