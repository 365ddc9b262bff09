import { gates } from './0006-gates.ts';

/** The function of before, as it stands in the migration that made it. */
const enqueueBefore = gates.up.slice(
  gates.up.indexOf('create or replace function nightshift.enqueue('),
);

/**
 * Keys of runs that are enqueued with unique, debounce or throttle. A key is never given back: whether it is free
 * is judged by the state of its run, when somebody asks.
 */
export const unique = {
  up: `
alter table nightshift.runs add column uniqueness jsonb;

create table nightshift.unique_keys (
  job text not null,
  rule text not null,
  key text not null,
  run_id uuid,
  -- unique: taken until then, whatever ends; debounce: put off no longer; throttle: nothing begins before.
  until timestamptz,
  -- What the run was enqueued with: the window of unique and throttle.
  span interval,
  primary key (job, rule, key)
) with (fillfactor = 70);

create function nightshift.take_keys(wanted json, posts boolean, patience_ms int default null)
returns table (offer uuid, run uuid, existing boolean, delivery uuid, priority int, delay_ms float8, fresh json)
language plpgsql security definer set search_path = pg_catalog, pg_temp
-- It looks up rows by their keys and does nothing else; the planner, who cannot tell how many, would read the whole table.
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
  moment timestamptz;
begin
  if patience_ms is not null then perform set_config('lock_timeout', patience_ms::text, true); end if;
  -- Whoever has a key now is waited for here, in one order, so that two batches never wait for each other.
  insert into nightshift.unique_keys (job, rule, key)
  select w.job, w.uniqueness ->> 'rule', w.uniqueness ->> 'key'
  from json_to_recordset(wanted) as w(job text, uniqueness jsonb) order by 1, 2, 3
  on conflict (job, rule, key) do update set key = excluded.key;
  -- Each statement sees all that was committed before it, so also what whoever had the keys has done.
  perform from nightshift.runs r
  where r.id = any(array(
      select k.run_id from nightshift.unique_keys k join json_to_recordset(wanted) as w(job text, uniqueness jsonb)
        on k.job = w.job and k.rule = w.uniqueness ->> 'rule' and k.key = w.uniqueness ->> 'key'
      where k.rule <> 'unique'))
    and r.attempt = 0 and r.finished_at is null
  order by r.id for update;
  moment := clock_timestamp();
  return query
  with asked as materialized (
    select e.run as whole, w.id, w.delivery, w.job, w.version, w.payload, w.priority, w.unchecked, w."delayMs", w.key as gate_key,
      w.gate is not null as gated, w.uniqueness ->> 'rule' as rule, w.uniqueness ->> 'key' as name,
      (w.uniqueness ->> 'forMs')::float8 * interval '1 millisecond' as span,
      (w.uniqueness ->> 'upToMs')::float8 * interval '1 millisecond' as up_to
    from json_array_elements(wanted) as e(run), json_to_record(e.run) as w(id uuid, delivery uuid, job text, version int,
      payload jsonb, priority int, unchecked boolean, "delayMs" float8, key text, gate json, uniqueness jsonb)
  ), judged as materialized (
    select a.*, k.until, r.id as holder, r.unchecked as was_unchecked, r.gated as was_gated, r.key as old_key,
      r.run_at, r.attempt, r.started_at, r.priority as old_priority,
      r.id is not null and case
        when a.rule <> 'unique' then r.attempt = 0 and r.finished_at is null
        when r.finished_at is null then k.until is null or a.span is null or k.until > moment
        else r.state = 'succeeded' and coalesce(k.until > moment, false) end as taken
    from asked a join nightshift.unique_keys k on k.job = a.job and k.rule = a.rule and k.key = a.name
    left join nightshift.runs r on r.id = k.run_id
  ), timed as materialized (
    select j.*, case j.rule
        when 'debounce' then least(moment + j.span, case when j.taken then j.until else moment + j.up_to end)
        when 'throttle' then case when j.taken then j.run_at else
          greatest(moment, j.until, case when j.attempt > 0 then coalesce(j.started_at, moment) + j.span end) end
      end as due
    from judged j
  ), sent as materialized (
    select t.*, taken and rule <> 'unique' as joins, not gated and (not taken or rule <> 'unique'
      and (due < run_at or was_gated or was_unchecked or coalesce(unchecked, false))) as anew
    from timed t
  ), joined as (
    -- Nobody moves these on, since they are locked. The delivery stays, and is put off when it comes too early; unless
    -- it would come too late, or a gate or a relay comes first. At a gate the run begins anew: another payload may
    -- have another key there.
    update nightshift.runs r
    set payload = coalesce(t.payload, 'null'), version = t.version, unchecked = coalesce(t.unchecked, false),
      key = t.gate_key, gated = t.gated, state = case when t.gated then 'blocked' else 'queued' end,
      run_at = t.due, expires_at = r.expires_at + (t.due - r.run_at),
      delivery = case when t.anew then t.delivery else r.delivery end,
      queued_at = case when t.anew then now() else r.queued_at end
    from sent t where t.joins and r.id = t.holder
  ), left_gates as (
    delete from nightshift.gated g using sent t where t.joins and t.was_gated and not t.gated and g.run_id = t.holder
  ), at_gates as (
    insert into nightshift.gated (run_id, job, key, phase, rank, run_at)
    select t.holder, t.job, coalesce(t.gate_key, ''), case when t.due > moment then 'asleep' else 'waiting' end,
      t.due + t.old_priority * coalesce(g.ageing, interval '50 days'), t.due
    from sent t left join nightshift.gates g on g.job = t.job where t.joins and t.gated
    on conflict (run_id) do update set key = excluded.key, phase = excluded.phase, rank = excluded.rank,
      run_at = excluded.run_at, released_at = null
  ), told_gates as (
    insert into nightshift.arrivals (job, key)
    select t.job, coalesce(t.old_key, '') from sent t where t.joins and t.was_gated
    union select t.job, coalesce(t.gate_key, '') from sent t where t.joins and t.gated
  ), posted as (
    insert into nightshift.outbox (run_id, delivery, unchecked_job)
    select t.holder, t.delivery, case when t.unchecked then t.job end
    from sent t where posts and t.joins and t.anew
    on conflict (run_id) do update set delivery = excluded.delivery, leased_until = '-infinity',
      unchecked_job = excluded.unchecked_job
  ), kept as (
    update nightshift.unique_keys k set run_id = t.id, span = t.span,
      until = case t.rule when 'unique' then moment + t.span when 'debounce' then moment + t.up_to else t.due end
    from sent t where not t.taken and k.job = t.job and k.rule = t.rule and k.key = t.name
  )
  select t.id, case when t.taken then t.holder else t.id end, t.taken,
    case when t.anew then t.delivery end,
    case when t.taken then t.old_priority else t.priority end,
    case when t.due is null then coalesce(t."delayMs", 0) else greatest(0, ceil(extract(epoch from t.due - now()) * 1000)) end::float8,
    case when t.taken then null when t.due is null then t.whole
      else (t.whole::jsonb || jsonb_build_object('delayMs', extract(epoch from t.due - now()) * 1000))::json end
  from sent t;
end $$;
-- It may change runs that wait, which nobody else may who only accepts them.
revoke all on function nightshift.take_keys(json, boolean, int) from public;

create function nightshift.canonical_json(value jsonb) returns text language plpgsql immutable strict as $$
begin
  return case jsonb_typeof(value)
    when 'object' then '{' || coalesce((
      select string_agg(to_json(key)::text || ':' || nightshift.canonical_json(item), ',' order by key collate "C")
      from jsonb_each(value) as pair(key, item)), '') || '}'
    when 'array' then '[' || coalesce((
      select string_agg(nightshift.canonical_json(item), ',' order by place)
      from jsonb_array_elements(value) with ordinality as one(item, place)), '') || ']'
    when 'number' then case
      when value::numeric = 0 or abs(value::numeric) between 5e-324 and 1.7976931348623157e308
        then encode(float8send(value::numeric::float8), 'hex')
      else value::text end
    else value::text end;
end $$;

create function nightshift.read_uniqueness(options jsonb, payload jsonb) returns jsonb
language plpgsql as $$
declare
  rule text; second text; stranger text; given jsonb; key text; span interval; up_to interval; expires interval;
begin
  select r into rule from unnest(array['unique', 'debounce', 'throttle']) as r where options ? r limit 1;
  if not found then return null; end if;
  given := options -> rule;
  select o into second from unnest(array['unique', 'debounce', 'throttle', 'delay', 'runAt']) as o
    where options ? o and o <> rule and (rule <> 'unique' or o not in ('delay', 'runAt')) limit 1;
  if found then
    raise exception using errcode = 'invalid_parameter_value',
      message = format('nightshift.enqueue: %s and %s cannot be given together', rule, second), hint = 'Leave one of them out.';
  end if;
  if jsonb_typeof(given) <> 'object' then
    perform nightshift.refuse_option(rule, given, 'an object, such as ' || case rule when 'unique' then '{"key": "order 7"}'
      when 'debounce' then '{"key": "order 7", "for": "30s"}' else '{"key": "order 7", "per": "1m"}' end);
  end if;
  select o into stranger from jsonb_object_keys(given) as o where o <> all (case rule when 'unique' then array['key', 'for']
    when 'debounce' then array['key', 'for', 'upTo'] else array['key', 'per'] end) limit 1;
  if found then
    raise exception using errcode = 'invalid_parameter_value',
      message = format('nightshift.enqueue: there is no option "%s.%s"', rule, stranger),
      hint = 'unique takes key and for; debounce takes key, for and upTo; throttle takes key and per.';
  end if;
  if rule = 'unique' and not given ? 'key' then
    key := 'sha256:' || encode(sha256(convert_to(nightshift.canonical_json(payload), 'UTF8')), 'hex');
  elsif jsonb_typeof(given -> 'key') = 'string' and char_length(given ->> 'key') between 1 and 255 then
    key := given ->> 'key';
  else
    perform nightshift.refuse_option(rule || '.key', coalesce(given -> 'key', 'null'), 'a text of 1 to 255 characters');
  end if;
  span := nightshift.read_span(rule || '.for', case rule when 'throttle' then given -> 'per' else given -> 'for' end);
  up_to := nightshift.read_span(rule || '.upTo', given -> 'upTo');
  if span is null and rule <> 'unique' or span = interval '0' or up_to < span then
    perform nightshift.refuse_option(rule, given, 'more than no time, and an upTo that is not shorter than for');
  end if;
  expires := nightshift.read_span('expires', options -> 'expires');
  if rule <> 'unique' and greatest(span, up_to) > expires then
    raise exception using errcode = 'invalid_parameter_value',
      message = format('nightshift.enqueue: %s may hold the run back for %s, and it may wait for %s only', rule, greatest(span, up_to), expires),
      hint = 'Let it expire later (expires), or hold it back for less.';
  end if;
  return jsonb_strip_nulls(jsonb_build_object('rule', rule, 'key', key,
    'forMs', extract(epoch from span) * 1000, 'upToMs', extract(epoch from up_to) * 1000));
end $$;

-- nightshift.enqueue as before, which tells now whether the run was there already.
create function nightshift.offer(job text, payload jsonb default '{}', options jsonb default '{}', out id uuid, out existing boolean)
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
  unique_key jsonb;
  taken record;
begin
  if job is null or job !~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' then
    raise exception using errcode = 'invalid_parameter_value',
      message = format('nightshift.enqueue: %s is not the name of a job', coalesce(quote_ident(job), 'null')),
      hint = 'A name is lower-case words joined by "-", as in mail-triage. List them with: nightshift jobs';
  end if;
  if jsonb_typeof(given) <> 'object' then
    perform nightshift.refuse_option('list', given, 'an object, such as {"delay": "15m"}');
  end if;
  select o into stranger from jsonb_object_keys(given) as o
    where o not in ('delay', 'runAt', 'priority', 'expires', 'key', 'unique', 'debounce', 'throttle') limit 1;
  if found then
    raise exception using errcode = 'invalid_parameter_value',
      message = format('nightshift.enqueue: there is no option "%s"', stranger),
      hint = 'The options are delay, runAt, priority, expires, key, unique, debounce and throttle.';
  end if;
  if given ?& array['delay', 'runAt'] then
    perform nightshift.refuse_option('delay', given -> 'delay', 'the place of runAt; give one of the two');
  end if;
  if given ? 'priority' and (jsonb_typeof(given -> 'priority') <> 'number'
    or given ->> 'priority' !~ '^[0-9]{1,7}$' or (given ->> 'priority')::int > 2097151) then
    perform nightshift.refuse_option('priority', given -> 'priority', 'a whole number from 0 (first) to 2097151 (last)');
  end if;
  if given ? 'key' and (jsonb_typeof(given -> 'key') <> 'string' or length(given ->> 'key') not between 1 and 255) then
    perform nightshift.refuse_option('key', given -> 'key', 'a text of 1 to 255 characters');
  end if;
  if octet_length(body::text) > most then
    raise exception using errcode = 'program_limit_exceeded',
      message = format('nightshift.enqueue: the payload of %s has %s bytes, and %s are allowed', job, octet_length(body::text), most),
      hint = 'Store it (in a table, a file, an object store) and pass a reference, or raise NIGHTSHIFT_PAYLOAD_LIMIT.';
  end if;
  run_at := coalesce(nightshift.read_moment('runAt', given -> 'runAt'),
    clock_timestamp() + coalesce(nightshift.read_span('delay', given -> 'delay'), interval '0'));
  unique_key := nightshift.read_uniqueness(given, body);
  if unique_key is not null then
    select * into taken from nightshift.take_keys(json_build_array(json_build_object('id', run, 'delivery', first_delivery,
      'job', job, 'version', 0, 'payload', body, 'unchecked', true, 'key', given ->> 'key',
      'uniqueness', unique_key)), true);
    id := taken.run;
    existing := taken.existing;
    if existing then return; end if;
    run_at := greatest(run_at, now() + (taken.fresh ->> 'delayMs')::float8 * interval '1 millisecond');
  end if;
  -- Where nothing of Nightshift has run for weeks, nobody has made this week's partition.
  if to_regclass('nightshift.runs_' || to_char(clock_timestamp() at time zone 'UTC', 'IYYY"w"IW')) is null then
    perform nightshift.ensure_partitions(clock_timestamp());
  end if;
  if nightshift.make_room(job, 1) < 1 then
    raise exception using errcode = 'program_limit_exceeded',
      message = format('nightshift.enqueue: the queue of %s is full', job),
      hint = 'So many of its runs wait as its maxQueued allows; try again later.';
  end if;
  insert into nightshift.runs (id, delivery, job, version, state, payload, priority, run_at, expires_at, key, unchecked, uniqueness)
  values (run, first_delivery, job, 0, 'queued', body, coalesce((given ->> 'priority')::int, 0), run_at,
    run_at + nightshift.read_span('expires', given -> 'expires'), given ->> 'key', true, unique_key);
  insert into nightshift.outbox (run_id, delivery, unchecked_job) values (run, first_delivery, job);
  id := run;
  existing := false;
end $$;
revoke all on function nightshift.offer(text, jsonb, jsonb) from public;

create or replace function nightshift.enqueue(job text, payload jsonb default '{}', options jsonb default '{}') returns uuid
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select id from nightshift.offer(job, payload, options)
$$;`,
  down: `
${enqueueBefore}
drop function nightshift.offer(text, jsonb, jsonb), nightshift.read_uniqueness(jsonb, jsonb),
  nightshift.canonical_json(jsonb), nightshift.take_keys(json, boolean, int);
drop table nightshift.unique_keys;
alter table nightshift.runs drop column uniqueness;`,
};
