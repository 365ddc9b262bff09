export { type BackfillOrder, backfillSchedule } from './backfill.ts';
export { type FiredByHand, runSchedule } from './by-hand.ts';
export {
  createSchedule,
  type EditServices,
  editSchedule,
  pause as pauseSchedule,
  removeSchedule,
  resetSchedule,
  resume as resumeSchedule,
} from './edits.ts';
export { listMissed, missedDuty, missedFailure } from './missed.ts';
export { keepSchedules, type Planting, plantSchedules } from './planting.ts';
export { differencesOf, previewSchedule, stateOf } from './showing.ts';
export { scheduleTimers } from './timers.ts';
