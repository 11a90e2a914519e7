-- name: list_open
-- Open blackouts that may take devices in, may end, or have devices of which there is news.
select id, scope, began_at, joins_until, due_at, back_at, ended_at from blackout
where ended_at is null and (joins_until > $1 or back_at is not null or id = any($2::bigint[]))
order by id;

-- name: list_missing
-- Who may share the fate of a device that was just lost, by school: lost since $3 and not in an open blackout, which
-- explains it, or late with a beat by more than $6 though not silent yet. Of them those that signed off, or whose last
-- will came, since $4.
select d.school, sc.district, count(*) as devices, count(*) filter (where one.signed_off) as signed_off
from (
    select device, link = 'offline' and since >= $4::timestamptz as signed_off from device_status s
    where link in ('silent', 'offline') and since >= $3::timestamptz
        and not exists (select from blackout b where b.id = s.blackout and b.ended_at is null)
    union all
    select device, false from device_status
    where link = 'online' and silent_at <= $1::timestamptz + $5::interval
        and greatest(silent_at, $2::timestamptz + (silent_at - last_seen_at))
            <= $1 + least($5, (silent_at - last_seen_at) / 3) - $6::interval
) as one
join device d on d.code = one.device
join school sc on sc.code = d.school
group by d.school, sc.district;

-- name: count_heard
-- How many devices of each whole were heard after an instant; of all that are there without one.
select 'school:' || d.school as scope, count(*) as devices
from device d join device_status s on s.device = d.code
where d.school = any($2::text[]) and s.link = 'online' and ($1::timestamptz is null or s.last_seen_at > $1)
group by d.school
union all
select 'district:' || sc.district, count(*)
from school sc join device d on d.school = sc.code join device_status s on s.device = d.code
where sc.district = any($3::text[]) and s.link = 'online' and ($1 is null or s.last_seen_at > $1)
group by sc.district
union all
select 'city', count(*) from device_status s
where $4::boolean and s.link = 'online' and ($1 is null or s.last_seen_at > $1);

-- name: open
-- Begins blackouts; one of the same whole that is open takes devices in again.
insert into blackout as b (scope, began_at, joins_until, due_at)
select scope, $2::timestamptz, $3::timestamptz, $2 from unnest($1::text[]) as fallen (scope) order by scope
on conflict (scope) where ended_at is null do update set
    joins_until = excluded.joins_until, due_at = excluded.due_at, back_at = null
returning id, scope, began_at, joins_until, due_at, back_at, ended_at;

-- name: take_in
-- Those of a whole who were lost since an instant belong to its blackout, unless they belong to another that is open.
update device_status s set blackout = $1
from device d join school sc on sc.code = d.school
where s.device = d.code and s.link in ('silent', 'offline') and s.since >= $3::timestamptz
    and $2::text in ('city', 'district:' || sc.district, 'school:' || sc.code)
    and not exists (select from blackout b where b.id = s.blackout and b.ended_at is null);

-- name: count_lost
-- How many devices blackouts took, and how many of them are not back.
select blackout, count(*) as devices, count(*) filter (where link in ('silent', 'offline')) as lost
from device_status where blackout = any($1::bigint[]) group by blackout;

-- name: save
-- What changed with blackouts.
update blackout set due_at = row.due_at, back_at = row.back_at, ended_at = row.ended_at
from json_to_recordset($1::json) as row (id bigint, due_at timestamptz, back_at timestamptz, ended_at timestamptz)
where blackout.id = row.id;
