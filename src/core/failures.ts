import { auditFailures } from './audit-failures.ts';
import { authFailures } from './auth-failures.ts';
import { databaseFailures } from './database-failures.ts';
import { hookFailures } from './hook-failures.ts';
import { requestFailures } from './request-failures.ts';
import { scheduleFailures } from './schedule-failures.ts';
import { waitingFailures } from './waiting-failures.ts';

/** The seven kinds of failure. Only `http/` turns them into statuses, only the CLI into exit codes. */
export type FailureKind =
  | 'invalid'
  | 'denied'
  | 'missing'
  | 'conflict'
  | 'limited'
  | 'unavailable'
  | 'bug';

/** Every failure of the product: its kind, and a sentence that says what, where and what to do. */
export const failures = {
  'payload.invalid': ['invalid', 'The payload of {job} is not valid: {faults}.'],
  'payload.too_large': [
    'invalid',
    'The payload of {job} has {size} of JSON, and {limit} are allowed (NIGHTSHIFT_PAYLOAD_LIMIT); store it, in a table, a file or an object store, and pass a reference.',
  ],
  'payload.outdated': [
    'invalid',
    'The payload of {job} is of version {from}, and its upgrades begin with version {oldest}; add the missing ones (upgrade) and retry the run, or replay it with a payload of today.',
  ],
  'payload.not_upgraded': [
    'bug',
    'The payload of {job} cannot be brought from version {from} to {to}: {reason}. Mend the upgrade and retry the run, or replay it with a payload of today.',
  ],
  'enqueue.too_many': [
    'invalid',
    '{count} runs cannot be accepted at once, at most {most}; enqueue them in parts.',
  ],
  'enqueue.too_large': [
    'invalid',
    '{count} payloads have more than {most} of JSON, which is the most that is accepted at once; the first {fitting} would fit. Enqueue them in parts.',
  ],
  ...requestFailures,
  ...auditFailures,
  'unique.together': ['invalid', '{first} and {second} cannot be given together; {remedy}.'],
  'unique.key': ['invalid', 'The key of {rule} {fault}; give a text of 1 to {most} characters.'],
  'unique.incomplete': ['invalid', '{option} has to come with {other}.'],
  'unique.span': ['invalid', '{option} is "{value}"; {remedy}.'],
  'unique.expiry': [
    'invalid',
    'Its {rule} may hold the run back for {span}, and it may wait to begin for {expires} only; let it expire later (expires), or hold it back for less.',
  ],
  'unique.busy': [
    'limited',
    'The {rule} key "{key}" of {job} has been in an open transaction for {seconds} s, and whether it is taken shows when that ends. Nothing was accepted; try again then.',
  ],
  'unique.deadlock': [
    'conflict',
    'This transaction waits for a {rule} key of {job} that another has, which in turn waits for one of this. Roll back and try again; take several keys in the same order everywhere.',
  ],
  'unique.taken': [
    'conflict',
    'Run {id} has the unique key "{key}", which run {holder} has now; wait for its end, or cancel it.',
  ],
  'log.file': [
    'invalid',
    'The log cannot be written to {file} ({reason}); set NIGHTSHIFT_LOG_FILE to a file in a folder that this user may write to.',
  ],
  'enqueue.tx': ['invalid', 'The tx given to enqueue is {what}; {remedy}.'],
  'batch.outcomes': [
    'bug',
    'The handler of {job} must answer one outcome for each of its {items} items, in order: an object with result or error.',
  ],
  'result.invalid': ['bug', 'The result of {job} does not fit its schema: {faults}.'],
  'result.too_large': [
    'bug',
    'The {what} is {size} of JSON, and {most} is the most that is kept; return a summary, and store the rest where it belongs.',
  ],
  'job.unknown': ['missing', 'There is no job "{job}"{suggestion} List them with: nightshift jobs'],
  'job.invalid': ['bug', 'The job {job} is not well defined: {faults}.'],
  'duration.invalid': [
    'invalid',
    '"{value}" is not a duration; write a number and a unit, as in 500ms, 10s, 15m, 2h or 7d.',
  ],
  'size.invalid': [
    'invalid',
    '"{value}" is not a size; write a number and a unit, as in 512kb, 10mb or 2gb.',
  ],
  ...scheduleFailures,
  ...hookFailures,
  'config.invalid': ['invalid', 'The configuration cannot be used:\n{faults}'],
  'run.missing': ['missing', 'There is no run {id}. List runs with: nightshift runs list'],
  'run.finished': [
    'conflict',
    'Run {id} has already {state}; only an unfinished run can be cancelled.',
  ],
  'run.unfinished': [
    'conflict',
    'Run {id} is {state}; only a failed, cancelled or expired run can be retried, and only a finished one replayed.',
  ],
  'run.id_invalid': [
    'invalid',
    '"{id}" is not the id of a run; copy the whole of it from: nightshift runs list',
  ],
  'run.no_result': ['conflict', 'Run {id} is {state} and has no result.'],
  ...waitingFailures,
  'bulk.state': [
    'invalid',
    'Runs that are {state} cannot be changed by {action}; it takes runs that are {states}.',
  ],
  'bulk.everything': [
    'invalid',
    'To {action} runs without a filter would take every one of them; name a job, a state, a fingerprint or a time, or say that you mean all.',
  ],
  'bulk.rate': ['invalid', 'A rate spreads runs that are retried; a cancel happens at once.'],
  'bulk.mixed': ['invalid', 'Runs are named by their ids or found by a filter, not both at once.'],
  'bulk.stuck': [
    'bug',
    'Bulk actions cannot be carried on, and are tried again with every pass: {faults}. What they changed so far stands.',
  ],
  'bulk.missing': ['missing', 'There is no bulk action {id}.'],
  'run.fenced': [
    'conflict',
    'Attempt {attempt} of run {id} no longer holds the run; another attempt or a cancel took it over.',
  ],
  'run.timeout': ['limited', 'The attempt took longer than the {timeout} its job allows.'],
  'run.expired': [
    'limited',
    'The run did not begin before its time was over; retry it, or let it wait longer (expires).',
  ],
  'run.crashed': [
    'limited',
    'The process of the attempt ended by itself ({how}). The last it said: {output}',
  ],
  'run.memory': [
    'limited',
    'The process of the attempt took more than the {memory} its job allows and was killed.',
  ],
  'run.abandoned': ['limited', 'The run crashed its process {times} times and was set aside.'],
  'run.endless': [
    'bug',
    'The run of {job} has not ended after {attempts} attempts; a job that always snoozes never does. Let it end, or allow more with mostAttempts.',
  ],
  'worker.beat_late': [
    'unavailable',
    'The database did not take the heartbeat of this worker within {ms} ms; the next one follows.',
  ],
  'worker.silent': [
    'unavailable',
    'The database has not taken a heartbeat of this worker for {seconds} s; look whether it answers.',
  ],
  'process.embedded': [
    'invalid',
    'A {kind} process needs a database server: without DATABASE_URL one process holds the data folder and does everything. Set DATABASE_URL, or run: nightshift start',
  ],
  'http.port_taken': [
    'conflict',
    'Port {port} on {host} is in use by another program. Stop that one, or set PORT to another (0 takes any that is free).',
  ],
  'http.cannot_listen': [
    'unavailable',
    'Nothing can be served on {host}, port {port} ({reason}). Correct NIGHTSHIFT_HOST or PORT.',
  ],
  'run.far': ['invalid', 'The delay is {days} days; a run can be put off for at most {most} days.'],
  'run.expires': ['invalid', 'A run cannot expire after {ms} ms; give more than none.'],
  'run.key': [
    'invalid',
    'The key {key} cannot be used: {reason}. Give a text of 1 to {most} characters that names a tenant, a mailbox or the like.',
  ],
  'run.key_failed': [
    'bug',
    'The key of a run of {job} cannot be told: its key function {reason}. Nothing was accepted; mend the function, or give a key.',
  ],
  'run.dropped': [
    'limited',
    'The run gave way to a newer one: more than {most} runs of {job} waited (maxQueued). Retry it, or let more of them wait.',
  ],
  'queue.full': [
    'limited',
    'The queue of {job} is full: {most} of its runs wait at most (maxQueued). Nothing was accepted; try again later, or let more of them wait.',
  ],
  'run.priority': [
    'invalid',
    'The priority {priority} is not a whole number from 0 (first) to {last} (last).',
  ],
  'foreign.ended': [
    'conflict',
    'The run {run}, which this job became, {state}: {reason}. Look at it with: nightshift runs show {run}',
  ],
  'socket.silent': [
    'unavailable',
    'The process that holds the data folder did not answer on {path} within {ms} ms; look whether it hangs, and stop it.',
  ],
  'step.nested': [
    'bug',
    'The step "{name}" was begun inside the step or transaction "{outer}"; steps do not nest.',
  ],
  'step.deadline': ['limited', 'The transaction "{name}" was open for more than {deadline}.'],
  'transaction.ended': [
    'bug',
    'A query came after its transaction had ended; await everything inside ctx.transaction.',
  ],
  'transaction.isolated': [
    'bug',
    "The job {job} has isolation: 'process' and uses ctx.transaction, which the embedded footprint refuses: every other query would wait. Set DATABASE_URL, or take the isolation away.",
  ],
  'need.missing': ['bug', 'The job {job} needs {need}, which this process cannot provide.'],
  'mailbox.missing': [
    'missing',
    'There is no mailbox "{name}": it is no configured name, and nothing is at {path}{suggestion} Give a Maildir, an mbox file or a folder of .eml files.',
  ],
  'mailbox.unreadable': [
    'denied',
    'The mailbox {path} cannot be read ({reason}); let the user that Nightshift runs as read it.',
  ],
  'mailbox.unrecognised': [
    'invalid',
    '{path} is not a mailbox: {reason}. Give a Maildir (with cur and new in it), an mbox file or a folder of .eml files.',
  ],
  'mail.gone': ['missing', 'The mail {id} was listed but gone when it was to be read.'],
  'mail.unreadable': ['unavailable', 'The mail {id} cannot be read ({reason}).'],
  'queue.paused': ['conflict', 'The job {job} is paused; resume its queue to let it run.'],
  'queue.crowded': [
    'limited',
    'The worker has no room for the delivery {id}; it stays in the queue.',
  ],
  'queue.elsewhere': [
    'conflict',
    'The delivery {id} is for a worker with newer code; it stays in the queue for another.',
  ],
  'queue.early': [
    'conflict',
    'The delivery {id} has to rest for {ms} ms, by the clock of Postgres; it comes again then.',
  ],
  'queue.unavailable': [
    'unavailable',
    'The queues cannot be reached ({reason}). Accepted runs are kept and go out when they are back; ask: nightshift doctor',
  ],
  'queue.too_old': [
    'unavailable',
    'Redis at {address} is version {version}, and {minimum} or newer is needed. Upgrade it, or point REDIS_URL at another.',
  ],
  'queue.taken': [
    'conflict',
    'The queues "{prefix}" on Redis at {address} belong to another installation, with another database. Set NIGHTSHIFT_PREFIX to a name of its own in one of the two, or give each its own Redis; if the other is gone for good, delete the key {prefix}:installation there.',
  ],
  'ledger.taken': [
    'conflict',
    'This database belongs to the installation with NIGHTSHIFT_PREFIX={taken}, which runs on {host}, and this process has NIGHTSHIFT_PREFIX={prefix}. Give all processes of one installation the same, and each installation a database of its own.',
  ],
  'run.no_week': [
    'unavailable',
    'Postgres keeps runs by week, and has no place for one of {here}, which is what the clock of this machine says. Set that clock; if it is right, the duty that makes the weeks has not run for a month: nightshift duties',
  ],
  'ledger.overloaded': [
    'limited',
    'More than {limit} wait for the database; try again when it has caught up.',
  ],
  ...databaseFailures,
  ...authFailures,
  'archive.unwritable': [
    'unavailable',
    'The archive {place} cannot be written ({reason}). Make room, let the user that Nightshift runs as write it, or set NIGHTSHIFT_ARCHIVE to another folder.',
  ],
  'archive.unreadable': [
    'unavailable',
    'The archive {place} cannot be read ({reason}). Let the user that Nightshift runs as read it.',
  ],
  'artifact.missing': [
    'unavailable',
    'The archive {place} has no {key}. Every machine needs the same folder as NIGHTSHIFT_ARCHIVE: mount it, or restore the file from a backup.',
  ],
  'artifact.damaged': [
    'missing',
    'The file {key} in the archive {place} is not what was stored: {reason}. Restore it from a backup; to do the work anew, replay the run.',
  ],
  'document.invalid': ['invalid', 'The document {kind} "{key}" cannot be stored: {faults}.'],
  'document.missing': [
    'missing',
    'There is no document {id}. Find documents with: nightshift search',
  ],
  'decision.invalid': [
    'invalid',
    'The decision on {question} about {kind} "{key}" cannot be stored: {faults}.',
  ],
  'decision.homeless': [
    'missing',
    'There is no document {kind} "{key}" to decide about; put it first. No decision was stored.',
  ],
  'decision.missing': ['missing', 'There is no decision {id}.'],
  'decisions.invalid': ['invalid', 'Decisions cannot be listed so: {faults}.'],
  'correction.invalid': ['invalid', 'The decision cannot be corrected so: {faults}.'],
  'search.invalid': ['invalid', 'The search cannot be done: {faults}.'],
  'search.kind': [
    'invalid',
    'No document is of kind "{kind}"; the kinds stored are: {kinds}{suggestion}',
  ],
} as const satisfies Record<string, readonly [FailureKind, string]>;
