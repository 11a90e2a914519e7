-- A person sees when each of their sessions was last in use.

alter table session add column seen_at timestamptz;
update session set seen_at = created_at;
alter table session alter column seen_at set not null;
