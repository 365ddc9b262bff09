/** The Idempotency-Keys of requests, each with a hash of what was asked and what was answered; for 24 h. */
export const idempotency = {
  up: `
create table nightshift.idempotency_keys (
  caller text not null,
  key text not null,
  request text not null,
  answer text,
  created_at timestamptz not null default now(),
  primary key (caller, key)
);
create index idempotency_keys_age on nightshift.idempotency_keys (created_at);
`,
  down: `
drop table nightshift.idempotency_keys;
`,
};
