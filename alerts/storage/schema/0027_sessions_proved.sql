-- Dangerous things are done only soon after somebody showed who they are.

alter table session add column proved_at timestamptz;
update session set proved_at = created_at;
alter table session alter column proved_at set not null;
