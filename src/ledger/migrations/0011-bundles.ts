/**
 * Half of each page of the runs is left free. With payloads of a kilobyte 30 % had no room for the next version of
 * more than every fourth row, and every other claim wrote all indexes of the table; now a claim of any
 * ordinary run is a HOT update.
 */
export const bundles = { up: roomOf(50), down: roomOf(70) };

/** New pages only: what is there stays as it is. */
function roomOf(fillfactor: number): string {
  return `
do $$
declare part regclass;
begin
  for part in select inhrelid from pg_inherits where inhparent = 'nightshift.runs'::regclass loop
    execute format('alter table %s set (fillfactor = ${fillfactor})', part);
  end loop;
  execute regexp_replace(pg_get_functiondef('nightshift.ensure_partitions'::regproc), 'fillfactor = \\d+', 'fillfactor = ${fillfactor}');
end $$;`;
}
