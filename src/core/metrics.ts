/** What one metric is: Prometheus's type, its labels, and what it says. */
type Row = readonly [
  type: 'counter' | 'gauge' | 'histogram',
  labels: readonly string[],
  help: string,
];

/** What a process counts and measures of itself. A sum over all processes is the whole. */
const processMetrics = {
  nightshift_build_info: [
    'gauge',
    ['version', 'node', 'footprint', 'process'],
    'Always 1; the labels say what runs here.',
  ],
  nightshift_attempts_started_total: ['counter', ['job_name'], 'Attempts that this process began.'],
  nightshift_attempts_ended_total: [
    'counter',
    ['job_name', 'outcome'],
    'Attempts whose outcome is committed: succeeded, failed, cancelled, retry, snooze, waiting, given_back, or fenced (refused, since another came first).',
  ],
  nightshift_attempt_failures_total: [
    'counter',
    ['job_name'],
    'Attempts that ended with an error, whether the run is tried again or not.',
  ],
  nightshift_attempt_duration_seconds: [
    'histogram',
    ['job_name'],
    'From the claim of an attempt to its committed outcome.',
  ],
  nightshift_run_wait_seconds: [
    'histogram',
    ['job_name'],
    'How long a run waited when it began: from the time it was due, or queued again, to its claim.',
  ],
  nightshift_runs_finished_total: [
    'counter',
    ['job_name', 'outcome'],
    'Runs that this process brought to their end: succeeded, failed or cancelled. What ends without an attempt, as by expiry or a cancel of what waits, is in the ledger alone.',
  ],
  nightshift_group_commit_size: [
    'histogram',
    ['write'],
    'Rows that shared one commit, by what was written (accept, claim, outcome, …).',
  ],
  nightshift_group_commit_duration_seconds: [
    'histogram',
    ['write'],
    'How long one commit of a batch took.',
  ],
  nightshift_group_commit_failures_total: [
    'counter',
    ['write'],
    'Commits of a batch that failed; the rows were tried one by one, or refused.',
  ],
  nightshift_database_connections: [
    'gauge',
    ['pool', 'state'],
    'Connections to PostgreSQL that are open, in_use or idle.',
  ],
  nightshift_database_connections_max: ['gauge', ['pool'], 'Connections that a pool may open.'],
  nightshift_database_pool_waiting: ['gauge', ['pool'], 'Statements that wait for a connection.'],
  nightshift_up: [
    'gauge',
    ['server'],
    '1 when the server answered this scrape, 0 when not: postgres (or pglite), and redis where it carries the queues.',
  ],
  nightshift_ping_seconds: ['gauge', ['server'], 'How long the server took to answer the scrape.'],
  nightshift_disk_free_bytes: [
    'gauge',
    ['folder'],
    'Room that is left where a folder (data, archive) lies.',
  ],
  nightshift_disk_size_bytes: ['gauge', ['folder'], 'All room where a folder lies.'],
} as const satisfies Record<string, Row>;

/** What is true of the whole installation, read from the database: the same from every process, so never summed. */
const installationMetrics = {
  nightshift_queue_runs: [
    'gauge',
    ['job_name', 'state'],
    'Unfinished runs: waiting (may begin now), scheduled, retrying, active, or blocked (by a limit, or for children or events).',
  ],
  nightshift_queue_oldest_waiting_seconds: [
    'gauge',
    ['job_name'],
    'How long the run that waits longest could have begun already; 0 when none waits. Scale workers by this.',
  ],
  nightshift_queue_paused: ['gauge', ['job_name'], '1 while the queue of the job is paused.'],
  nightshift_outbox_runs: ['gauge', [], 'Accepted runs that are still to be dispatched.'],
  nightshift_workers: ['gauge', [], 'Workers heard of within NIGHTSHIFT_DETECTION.'],
  nightshift_job_workers: ['gauge', ['job_name'], 'Living workers that run the job.'],
  nightshift_schedules: ['gauge', ['state'], 'Schedules that are active, paused or over.'],
  nightshift_schedules_late: [
    'gauge',
    [],
    'Schedules with a firing that is later than its grace, and nothing has become of.',
  ],
  nightshift_schedules_overdue_seconds: [
    'gauge',
    [],
    'How late the latest firing is, within its grace or not; 0 when none is.',
  ],
  nightshift_duty_last_pass_timestamp_seconds: [
    'gauge',
    ['duty'],
    'When the last pass of a duty ended, in Unix time; 0 when none has.',
  ],
  nightshift_duty_last_pass_duration_seconds: ['gauge', ['duty'], 'How long that pass took.'],
  nightshift_duty_failed_passes: [
    'gauge',
    ['duty'],
    'Passes in a row that ended with an error; 0 when the last one did not.',
  ],
  nightshift_duty_late: ['gauge', ['duty'], '1 when nobody has run the duty for too long.'],
  nightshift_snapshot_age_seconds: [
    'gauge',
    [],
    'How old the numbers of the whole installation are in this answer.',
  ],
  nightshift_snapshot_duration_seconds: ['gauge', [], 'How long the database took to tell them.'],
} as const satisfies Record<string, Row>;

/** Every metric of our own, by its name. Beside them stand those of Node (`process_…`, `nodejs_…`). */
export const metrics = { ...processMetrics, ...installationMetrics };

/** The names of those that are true of the whole installation. */
export const sharedMetrics: ReadonlySet<string> = new Set(Object.keys(installationMetrics));

export type MetricName = keyof typeof metrics;

/** What stands for every job that is not of the catalogue; no job can have this name. */
export const otherJobs = '(other)';
