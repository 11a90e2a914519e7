-- A password that somebody else chose lets its owner in to choose their own.

alter table account add column first_password boolean not null default false;
alter table session add column by_provider boolean not null default false; -- and not by the account's password
