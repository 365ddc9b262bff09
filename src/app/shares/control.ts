import { schedulesOf } from '../../../config/index.ts';
import { hashValue } from '../../audit/index.ts';
import { openControl } from '../../control/index.ts';
import { systemAuthor } from '../../core/audit.ts';
import type { Sql } from '../../core/sql.ts';
import { listSchedules } from '../../ledger/index.ts';
import { keepSchedules, scheduleTimers } from '../../runtime/index.ts';
import { dutiesOf, rescueOf } from '../duties.ts';
import type { System } from '../system.ts';

/** The control plane's share of a process: keeps the schedules, their timers, and the duties. */
export async function startControl(system: System) {
  const { config, database, auditing, onClose, onError } = system;
  const schedules = schedulesOf(config);
  const planting = auditing.audit.during(systemAuthor('config'), {
    action: 'schedules.planted',
    resource: 'schedule',
    look: lookAtSchedules,
    isQuiet: true,
  });
  const gardener = await keepSchedules(planting, { ...system, schedules });
  onClose(() => gardener.close());
  const rescue = rescueOf(system);
  // Whoever has the data folder knows that the workers before it are gone: their runs need not wait for a duty.
  if (config.footprint === 'embedded') await rescue.run();
  const control = await openControl({
    database,
    duties: dutiesOf(system, rescue),
    timers: scheduleTimers({ ...system, onMissed: onError }),
    onError,
  });
  onClose(() => control.close());
  return () => {};
}

/** What all schedules say, for the audit log: of a deploy that changed none there is no entry. */
async function lookAtSchedules(tx: Sql) {
  const all = await listSchedules(tx);
  return all.map(({ name, job, payload, rules }) => ({
    name,
    job,
    payload: hashValue(payload),
    rules,
  }));
}
