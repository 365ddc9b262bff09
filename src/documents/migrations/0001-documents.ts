/** Documents with their full-text index, and the decisions about them. */
export const documents = {
  up: `
create schema if not exists nightshift;

create table nightshift.documents (
  id uuid primary key,
  kind text not null,
  key text not null,
  title text not null,
  at timestamptz not null,
  stored_at timestamptz not null,
  run_id uuid,
  length int not null,
  facets jsonb not null,
  body text not null,
  data jsonb,
  lexemes tsvector not null,
  unique (kind, key)
);
create index documents_lexemes on nightshift.documents using gin (lexemes);
create index documents_facets on nightshift.documents using gin (facets jsonb_path_ops);
create index documents_at on nightshift.documents (at);

create table nightshift.decisions (
  id uuid primary key,
  document uuid not null references nightshift.documents (id) on delete cascade,
  question text not null,
  answer text not null,
  confidence float8 not null check (confidence between 0 and 1),
  reasons jsonb not null,
  run_id uuid,
  decided_at timestamptz not null,
  corrected_answer text,
  corrected_by text,
  corrected_at timestamptz,
  unique (document, question)
);
create index decisions_decided_at on nightshift.decisions (decided_at, id);`,
  down: `drop table nightshift.decisions, nightshift.documents;`,
};
