-- name: insert
-- A point with a secret of its own; nothing when there is one of that code, in use or not.
insert into check_point (code, school, post, name, key_point, latitude, longitude, x_metres, y_metres, saved_at, secret)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (code) do nothing returning code;

-- name: update
-- What people call it and where it is; never its school.
update check_point set post = $3, name = $4, key_point = $5, latitude = $6, longitude = $7, x_metres = $8,
       y_metres = $9, saved_at = $10
where code = $1 and school = $2;

-- name: retire
-- It is no more from now on.
update check_point set retired_at = $2 where code = $1;

-- name: renew_secret
-- The codes of the old secret, and its screen, count no more.
update check_point set secret = $2 where code = $1;

-- name: find
-- A point in use.
select * from check_point where code = $1 and retired_at is null;

-- name: hold
-- A point in use, by whoever changes it.
select * from check_point where code = $1 and retired_at is null for no key update;

-- name: list
-- A page of points in use.
select * from check_point
where retired_at is null and ($1::text is null or school = $1) and ($2::text is null or code > $2)
order by code limit $3;

-- name: find_post_school
-- Whose post it is.
select school from post where code = $1;

-- name: use_code
-- The first use of a code by a person; another at the same instant waits and then finds it used.
insert into used_code (point, code, person, action, used_at) values ($1, $2, $3, $4, $5)
on conflict (point, code, person) do nothing returning code;

-- name: find_use
-- For what a person used a code.
select action from used_code where point = $1 and code = $2 and person = $3;

-- name: forget_codes
-- They are refused for their age.
delete from used_code where used_at < $1;

-- name: save_link
-- One link a person.
insert into check_in_link (person, token_digest, made_by, made_at) values ($1, $2, $3, $4)
on conflict (person) do update set
    token_digest = excluded.token_digest, made_by = excluded.made_by, made_at = excluded.made_at;

-- name: remove_link
-- The link stops to work.
delete from check_in_link where person = $1 returning person;

-- name: find_linked
-- Whose link it is.
select p.code, p.name from check_in_link l join person p on p.code = l.person where l.token_digest = $1;
