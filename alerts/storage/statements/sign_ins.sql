-- name: find_owner
-- Whose account it is.
select display_name, person from account where name = $1;

-- name: set_person
-- It is this person's from now on; with none, nobody's of the registry. Its browsers rang for whose it was before.
with silenced as (delete from push_subscription where account = $1)
update account set person = $2 where name = $1;

-- name: is_person
-- Whether there is somebody of that code.
select exists (select from person where code = $1);

-- name: insert
-- Something of how somebody signs in was changed.
insert into sign_in_change (account, change, at, by, by_name, address) values ($1, $2, $3, $4, $5, $6);

-- name: list
-- The last of them, the newest first.
select id, change, at, by, by_name, address, seen_at from sign_in_change where account = $1 order by id desc limit $2;

-- name: count_unseen
-- Of how many an account's owner does not know yet.
select count(*) from sign_in_change where account = $1 and seen_at is null;

-- name: note_seen
-- Its owner knows of all up to this one.
update sign_in_change set seen_at = $3 where account = $1 and id <= $2 and seen_at is null;

-- name: list_helpers
-- Whom to telephone who administers; whose number is known first.
select a.display_name as name, coalesce(p.phone, '') as phone
from account a left join person p on p.code = a.person
where a.role = 'administrator' and a.name <> all($1::text[])
order by coalesce(p.phone, '') = '', a.name limit 2;
