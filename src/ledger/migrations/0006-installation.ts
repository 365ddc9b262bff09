/** One row: which installation this database is, and the prefix its queues go by. */
export const installation = {
  up: `
create table nightshift.installation (
  id uuid primary key default gen_random_uuid(),
  only_one boolean not null unique default true check (only_one),
  prefix text
);
insert into nightshift.installation default values;
`,
  down: `
drop table nightshift.installation;
`,
};
