-- name: find_second_factor
-- What somebody must show beside their password; nothing counts that was not confirmed. It waits for whoever shows a
-- code at this moment.
select secret, confirmed_at, last_step from second_factor where account = $1 for update;

-- name: read_state
-- Since when somebody has one, and how many codes for a bad day are left.
select f.confirmed_at as since, (select count(*) from recovery_code c where c.account = f.account) as codes_left
from second_factor f where f.account = $1 and f.confirmed_at is not null;

-- name: has_second_factor
-- Whether somebody has one.
select exists (select from second_factor where account = $1 and confirmed_at is not null);

-- name: save_secret
-- A new secret takes the place of one that was never confirmed.
insert into second_factor (account, secret, made_at) values ($1, $2, $3)
on conflict (account) do update set secret = excluded.secret, made_at = excluded.made_at
where second_factor.confirmed_at is null
returning account;

-- name: confirm
-- Its owner showed the first code.
update second_factor set confirmed_at = $2 where account = $1;

-- name: use_step
-- A code is good once: none of its step or an earlier one counts any more.
update second_factor set last_step = $2 where account = $1 and last_step < $2 returning account;

-- name: save_recovery_codes
-- For a bad day.
insert into recovery_code (account, code_hash) select $1, hash from unnest($2::bytea[]) as hash;

-- name: use_recovery_code
-- Each is good once.
delete from recovery_code where account = $1 and code_hash = $2 returning account;

-- name: remove_second_factor
-- The codes for a bad day go with it.
delete from second_factor where account = $1 and confirmed_at is not null returning account;

-- name: list_secrets
-- All of them, to be sealed by another key; whoever shows a code at this moment is waited for.
select account, secret from second_factor order by account for update;

-- name: replace_secret
-- The same secret, sealed anew.
update second_factor set secret = $2 where account = $1;
