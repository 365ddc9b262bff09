/** What can be wrong with schedules, as the one table of failures has it. */
export const scheduleFailures = {
  'cron.invalid': ['invalid', '"{cron}" is not a cron expression{hint}'],
  'timezone.unknown': ['invalid', '"{timezone}" is not a time zone{hint}'],
  'schedule.invalid': ['invalid', 'schedules.{schedule}.{faults}'],
  'schedule.missing': [
    'missing',
    'There is no schedule "{schedule}"{suggestion} List them with: nightshift schedules list',
  ],
  'schedule.taken': [
    'conflict',
    'There is a schedule "{schedule}" already; change it with: nightshift schedules edit',
  ],
  'schedule.unplanted': [
    'conflict',
    'The configuration knows no schedule "{schedule}", so that there is nothing to go back to; delete it with: nightshift schedules delete',
  ],
  'schedule.overlaps': [
    'conflict',
    'A run of the schedule {schedule} goes on, and its overlap policy is to skip; wait for its end, cancel it, or run the job with: nightshift enqueue',
  ],
  'schedule.backfill': ['invalid', 'The schedule {schedule} cannot be backfilled so: {reason}.'],
  'schedule.missed': [
    'unavailable',
    'The schedule {schedule} was to fire at {at}, and has not within its grace of {grace}. Look whether a control plane is alive: nightshift duties',
  ],
  'calendar.unknown': ['invalid', 'There is no calendar of holidays "{calendar}"{hint}'],
  'calendar.unreadable': [
    'unavailable',
    'The calendar {calendar} cannot be read ({reason}). Put the file back, on every machine, where the process may read it.',
  ],
  'calendar.broken': [
    'invalid',
    'The calendar {calendar} is no iCalendar file with days in it: {reason}.',
  ],
} as const;
