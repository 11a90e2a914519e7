-- name: list_breaches
-- Breaches of a school that were open in a stretch of time, by when they were seen, and where the log tells of each.
select id, rule, opened_at, closed_at, judgement::text as judgement,
       (select min(position) from log where subject = 'breach:' || breach.id and kind = 'breach.opened') as position
from breach
where school = $1 and opened_at < $3 and (closed_at is null or closed_at >= $2) order by opened_at, id;

-- name: list_blackouts
-- When devices of a school, of its district or of the city were lost together.
select b.scope, b.began_at, b.ended_at
from blackout b join school s on b.scope in ('city', 'district:' || s.district, 'school:' || s.code)
where s.code = $1 and b.began_at < $3 and (b.ended_at is null or b.ended_at >= $2) order by b.began_at, b.id;

-- name: list_locks
-- Locks of a school that devices confirmed: until the same order ended, or a later one unlocked.
select * from (
    select c.device, c.incident, c.confirmed_on_at as since,
           coalesce(c.confirmed_off_at,
                    (select min(o.confirmed_off_at) from output_command o
                     where o.device = c.device and o.output = 'lock' and o.id > c.id)) as until
    from output_command c join device d on d.code = c.device
    where d.school = $1 and c.output = 'lock' and c."on" and c.confirmed_on_at < $3
) as locked
where until is null or until >= $2 order by since;

-- name: list_names
-- What posts, check points and devices of a school, and these people, are called.
select code, name from post where school = $1
union all
select code, name from check_point where school = $1
union all
select d.code, p.name from device d join point p on p.id = d.point where d.school = $1
union all
select code, name from person where code = any($2::text[]);
