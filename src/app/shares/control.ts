import { schedulesOf } from '../../../config/index.ts';
import { openControl } from '../../control/index.ts';
import { keepSchedules, scheduleTimers } from '../../runtime/index.ts';
import { dutiesOf, rescueOf } from '../duties.ts';
import type { System } from '../system.ts';

/** The control plane's share of a process: keeps the schedules, their timers, and the duties. */
export async function startControl(system: System) {
  const { config, database, onClose, onError } = system;
  const schedules = schedulesOf(config);
  const gardener = await keepSchedules(database, { ...system, schedules });
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
