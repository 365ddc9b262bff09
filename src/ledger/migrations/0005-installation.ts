/** One row: which installation this database is, and the prefix its queues go by; the first process fills it. */
export const installation = {
  up: `
create table nightshift.installation (
  only_one boolean primary key default true check (only_one),
  id uuid,
  prefix text
);
insert into nightshift.installation default values;
`,
  down: `
drop table nightshift.installation;
`,
};
