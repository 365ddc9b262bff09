/** Runs accepted by SQL (`nightshift.enqueue`), runs that expire, and an outbox that is read in order of arrival. */
export const enqueue = {
  up: `
alter table nightshift.runs
  add column expires_at timestamptz,
  add column unchecked boolean not null default false;
-- No state in the condition: a claim would then have to write every index of the row.
create index runs_expiring on nightshift.runs (expires_at) where expires_at is not null and finished_at is null;

-- The job of a run whose payload nobody has checked; a relay that does not know the job leaves the row alone.
alter table nightshift.outbox add column unchecked_job text;
create index outbox_order on nightshift.outbox (added_at, run_id);

create table nightshift.settings (name text primary key, value bigint not null);

create function nightshift.new_id() returns uuid language sql volatile as $$
  -- A uuidv7 (RFC 9562, method 3): milliseconds, then the rest of the microseconds in 12 bits, then chance.
  select (lpad(to_hex(micros / 1000), 12, '0') || '7' || lpad(to_hex(micros % 1000 * 4096 / 1000), 3, '0')
    || substr(replace(gen_random_uuid()::text, '-', ''), 17))::uuid
  from (select floor(extract(epoch from clock_timestamp()) * 1000000)::bigint as micros) as clock
$$;

create function nightshift.refuse_option(option text, value jsonb, allowed text) returns void
language plpgsql as $$
begin
  raise exception using errcode = 'invalid_parameter_value',
    message = format('nightshift.enqueue: the option %s is %s', option, value),
    hint = format('It takes %s.', allowed);
end $$;

create function nightshift.read_span(option text, value jsonb) returns interval
language plpgsql as $$
declare
  span interval;
  allowed constant text := 'a text with a unit, from 0s to 3650d: "30s", "15m", "2h", "7d" or "1 day 2 hours"';
begin
  if value is null then return null; end if;
  begin
    if jsonb_typeof(value) = 'string' and value #>> '{}' ~ '[[:alpha:]:]' then span := (value #>> '{}')::interval; end if;
  exception when data_exception then
    span := null;
  end;
  if span is null or span < interval '0' or span > interval '3650 days' then
    perform nightshift.refuse_option(option, value, allowed);
  end if;
  return span;
end $$;

create function nightshift.read_moment(option text, value jsonb) returns timestamptz
language plpgsql as $$
declare
  moment timestamptz;
begin
  if value is null then return null; end if;
  begin
    if jsonb_typeof(value) = 'string' then moment := (value #>> '{}')::timestamptz; end if;
  exception when data_exception then
    moment := null;
  end;
  if moment is null or not isfinite(moment) or moment > clock_timestamp() + interval '3650 days' then
    perform nightshift.refuse_option(option, value, 'a time of the next 3650 days, such as "2027-01-31T22:00:00Z"');
  end if;
  return moment;
end $$;

create function nightshift.enqueue(job text, payload jsonb default '{}', options jsonb default '{}') returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
  run constant uuid := nightshift.new_id();
  first_delivery constant uuid := nightshift.new_id();
  body constant jsonb := coalesce(payload, 'null');
  given constant jsonb := coalesce(options, '{}');
  most constant bigint := (select value from nightshift.settings where name = 'payload_limit');
  stranger text;
  run_at timestamptz;
begin
  if job is null or job !~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' then
    raise exception using errcode = 'invalid_parameter_value',
      message = format('nightshift.enqueue: %s is not the name of a job', coalesce(quote_ident(job), 'null')),
      hint = 'A name is lower-case words joined by "-", as in mail-triage. List them with: nightshift jobs';
  end if;
  if jsonb_typeof(given) <> 'object' then
    perform nightshift.refuse_option('list', given, 'an object, such as {"delay": "15m"}');
  end if;
  select key into stranger from jsonb_object_keys(given) as key
    where key not in ('delay', 'runAt', 'priority', 'expires') limit 1;
  if found then
    raise exception using errcode = 'invalid_parameter_value',
      message = format('nightshift.enqueue: there is no option "%s"', stranger),
      hint = 'The options are delay, runAt, priority and expires.';
  end if;
  if given ?& array['delay', 'runAt'] then
    perform nightshift.refuse_option('delay', given -> 'delay', 'the place of runAt; give one of the two');
  end if;
  if given ? 'priority' and (jsonb_typeof(given -> 'priority') <> 'number'
    or given ->> 'priority' !~ '^[0-9]{1,7}$' or (given ->> 'priority')::int > 2097151) then
    perform nightshift.refuse_option('priority', given -> 'priority', 'a whole number from 0 (first) to 2097151 (last)');
  end if;
  if octet_length(body::text) > most then
    raise exception using errcode = 'program_limit_exceeded',
      message = format('nightshift.enqueue: the payload of %s has %s bytes, and %s are allowed', job, octet_length(body::text), most),
      hint = 'Store it (in a table, a file, an object store) and pass a reference, or raise NIGHTSHIFT_PAYLOAD_LIMIT.';
  end if;
  run_at := coalesce(nightshift.read_moment('runAt', given -> 'runAt'),
    clock_timestamp() + coalesce(nightshift.read_span('delay', given -> 'delay'), interval '0'));
  -- Where nothing of Nightshift has run for weeks, nobody has made this week's partition.
  if to_regclass('nightshift.runs_' || to_char(clock_timestamp() at time zone 'UTC', 'IYYY"w"IW')) is null then
    perform nightshift.ensure_partitions(clock_timestamp());
  end if;
  insert into nightshift.runs (id, delivery, job, version, state, payload, priority, run_at, expires_at, unchecked)
  values (run, first_delivery, job, 0, 'queued', body, coalesce((given ->> 'priority')::int, 0), run_at,
    run_at + nightshift.read_span('expires', given -> 'expires'), true);
  insert into nightshift.outbox (run_id, delivery, unchecked_job) values (run, first_delivery, job);
  return run;
end $$;
-- It acts with its owner's rights, so that an application needs none on the tables; who may call it is granted.
revoke all on function nightshift.enqueue(text, jsonb, jsonb) from public;`,
  down: `
drop function nightshift.enqueue(text, jsonb, jsonb), nightshift.read_moment(text, jsonb), nightshift.read_span(text, jsonb),
  nightshift.refuse_option(text, jsonb, text), nightshift.new_id();
drop table nightshift.settings;
drop index nightshift.outbox_order, nightshift.runs_expiring;
alter table nightshift.outbox drop column unchecked_job;
alter table nightshift.runs drop column unchecked, drop column expires_at;`,
};
