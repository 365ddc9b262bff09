/** What came to the webhooks, and what must not be accepted again. */
export const deliveries = {
  up: `
create schema if not exists nightshift;

create table nightshift.hook_deliveries (
  id uuid primary key,
  hook text not null,
  event text,
  delivery text,
  received_at timestamptz not null default now(),
  source text,
  headers jsonb not null,
  body_hash text not null,
  body_size int not null,
  body bytea,
  outcome text not null check (outcome in ('accepted', 'nothing', 'duplicate', 'replayed', 'refused', 'failed')),
  reason text,
  code text,
  job text,
  run_id uuid,
  redelivery_of uuid
);
create index hook_deliveries_hook on nightshift.hook_deliveries (hook, id desc);
create index hook_deliveries_received on nightshift.hook_deliveries (received_at);

create table nightshift.hook_keys (
  hook text not null,
  key text not null,
  delivery uuid not null,
  seen_at timestamptz not null default now(),
  primary key (hook, key)
);
create index hook_keys_seen on nightshift.hook_keys (seen_at);`,
  down: `drop table nightshift.hook_keys, nightshift.hook_deliveries;`,
};
