/** A step of priority without ageing: a run has to wait so much longer to go before one that is more urgent. */
export const strictStep = `interval '50 days'`;

/** CTEs that let those runs of the CTE `of` (with id, job, key, state, run_at, priority) that are blocked wait at their gates. */
export function enteringGates(of: string): string {
  return `at_gates as (
      insert into nightshift.gated (run_id, job, key, phase, rank, run_at)
      select o.id, o.job, coalesce(o.key, ''), case when o.run_at > now() then 'asleep' else 'waiting' end,
        o.run_at + o.priority * coalesce(g.ageing, ${strictStep}), o.run_at
      from ${of} o left join nightshift.gates g on g.job = o.job where o.state = 'blocked'
      on conflict do nothing
    ), told_gates as (
      insert into nightshift.arrivals (job, key)
      select distinct o.job, coalesce(o.key, '') from ${of} o where o.state = 'blocked'
    )`;
}

/**
 * CTEs that let the runs of the CTE `of` (with id, job, key, gated) leave their gates: those that waited go, and of
 * those that held a slot the gate is told.
 */
export function leavingGates(of: string): string {
  return `left_gates as (
      delete from nightshift.gated g using ${of} o where o.gated and g.run_id = o.id and g.phase <> 'released'
    ), told_gates as (
      insert into nightshift.arrivals (job, key) select distinct o.job, coalesce(o.key, '') from ${of} o where o.gated
    )`;
}
