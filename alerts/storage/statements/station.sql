-- name: queue
-- Contact ID events of incidents, in the transaction that fires the step, while a station is set up.
insert into dc09_event (incident, code, qualifier, live, queued_at, due_at)
select i.id, e.code, 1, i.mode = 'live', $3::timestamptz, $3::timestamptz
from unnest($1::bigint[], $2::smallint[]) as e (incident, code) join incident i on i.id = e.incident
where exists (select from police_link where code = 'dc09' and enabled)
order by i.id
on conflict do nothing;

-- name: queue_troubles
-- What begins to be wrong with alarm devices, while a station is set up: an event each, which may stand for many of them. A
-- device of which the same was told already is passed over, and one that was held is held no longer.
with said as (
    select nextval(pg_get_serial_sequence('dc09_event', 'id')) as id, row.*
    from json_to_recordset($1::json) as row (code smallint, school text, device text, devices text[])
    where exists (select from police_link where code = 'dc09' and enabled)
), fresh as (
    select said.id, said.code, one.device from said cross join unnest(said.devices) as one (device)
    where one.device in (select code from device where role = 'alarm') and not exists (
        select from dc09_trouble t where t.device = one.device and t.code = said.code and t.event is not null)
), told as (
    insert into dc09_event (id, school, device, code, qualifier, live, queued_at, due_at) overriding system value
    select id, school, device, code, 1, false, $2::timestamptz, $2::timestamptz
    from said where id in (select id from fresh) order by id
)
insert into dc09_trouble (device, code, event) select device, code, id from fresh
on conflict (device, code) do update set event = excluded.event, held_at = null;

-- name: hold_silences
-- Alarm devices that fell silent, while a station is set up; one whose silence is held or told already is passed over.
insert into dc09_trouble (device, code, held_at)
select device, $1::smallint, $3::timestamptz from unnest($2::text[]) as fallen (device)
where device in (select code from device where role = 'alarm') and exists (select from police_link where code = 'dc09' and enabled)
order by device
on conflict do nothing;

-- name: list_held_silences
-- All that are held, once the first of them has been for long enough.
select t.device, d.school, b.scope as blackout
from dc09_trouble t join device d on d.code = t.device
left join device_status s on s.device = t.device left join blackout b on b.id = s.blackout
where t.event is null and exists (select from dc09_trouble where event is null and held_at <= $1)
    and exists (select from police_link where code = 'dc09' and enabled)
order by t.device;

-- name: end_troubles
-- What is over with devices. The station is told when the last device for which an event stands is well; of what was
-- held it hears nothing.
with gone as (
    delete from dc09_trouble t using json_to_recordset($1::json) as row (device text, code smallint)
    where t.device = row.device and t.code = row.code
    returning t.device, t.event
)
insert into dc09_event (school, device, code, qualifier, live, queued_at, due_at)
select e.school, e.device, e.code, 3, false, $2::timestamptz, $2::timestamptz
from (select event, count(*) as well from gone group by event) as known join dc09_event e on e.id = known.event
where known.well = (select count(*) from dc09_trouble t where t.event = known.event)  -- as it was before this statement
order by e.id;

-- name: queue_periodic_test
-- A test of the line when the last one is long enough ago, one for all engines.
with due as (
    update dc09_line set tested_at = $2 where tested_at is null or tested_at <= $2::timestamptz - $3::interval returning one
)
insert into dc09_event (code, qualifier, live, queued_at, due_at) select $1::smallint, 1, false, $2, $2 from due;

-- name: claim
-- Leases the next events, live incidents first and devices' troubles last, and gives each its sequence number once and
-- for all of its attempts.
with claimed as (
    select id from dc09_event_next where due_at <= $1
    order by live desc, incident is null, due_at, id limit $2
    for no key update skip locked
), numbers as (
    select e.id, row_number() over (order by e.id) as place
    from dc09_event e join claimed using (id) where e.sequence is null
), line as (
    update dc09_line set sequence = (sequence + (select count(*) from numbers)::integer - 1 + 9999) % 9999 + 1
    where exists (select from numbers)
    returning sequence
), leased as (
    update dc09_event e set due_at = $1 + $3::interval, attempts = e.attempts + 1,
        sequence = coalesce(e.sequence, (
            select ((line.sequence - (select count(*) from numbers) + n.place - 1 + 9999) % 9999 + 1)::integer
            from numbers n, line where n.id = e.id))
    from claimed where e.id = claimed.id
    returning e.*
)
select l.id, l.incident, l.code, l.qualifier, l.live, l.sequence, l.queued_at, l.attempts,
       coalesce(l.school, i.school) as school, coalesce(l.device, i.device) as device
from leased l left join incident i on i.id = l.incident
order by l.live desc, l.incident is null, l.id;

-- name: number_account
-- A school's number at the station, at its first event. Only a school without one uses up a number.
insert into dc09_account (school) select $1 where not exists (select from dc09_account where school = $1)
on conflict do nothing;

-- name: take_account
-- The number, and the turn to number what the school has: two engines would give the same number twice.
select number from dc09_account where school = $1 for no key update;

-- name: number_zones
-- Every device of the school that has no number yet gets the next one. There are 999.
insert into dc09_zone (school, device, number)
select new.school, new.code, new.number
from (
    select d.school, d.code, row_number() over (order by d.code)
        + (select coalesce(max(number), 0) from dc09_zone where school = $1) as number
    from device d
    where d.school = $1 and d.role = 'alarm' and not exists (select from dc09_zone z where z.school = d.school and z.device = d.code)
) as new
where new.number <= 999;

-- name: read_zone
-- A device's number in a school.
select number from dc09_zone where school = $1 and device = $2;

-- name: read_next_due
-- How long the line to the station may rest.
select min(due_at) from dc09_event_next;

-- name: mark_acknowledged
-- The station has it.
update dc09_event set state = 'acknowledged', acknowledged_at = $2, error = null where id = $1 and state = 'queued'
returning id;

-- name: mark_failed
-- It does not, and is told again with the same sequence number.
update dc09_event set due_at = $2, error = $3 where id = $1 and state = 'queued';

-- name: list_accounts
-- Which number each school has at the station.
select a.school, s.name, a.number from dc09_account a join school s on s.code = a.school order by a.number;

-- name: list_zones
-- Which number each device has in its school's account.
select a.number as account, z.number, z.school, z.device, p.name as point
from dc09_zone z join dc09_account a on a.school = z.school
join device d on d.code = z.device join point p on p.id = d.point
order by a.number, z.number;

-- name: list_of_incident
-- What the station was told of an incident.
select id, incident, code, qualifier, live, state, sequence, queued_at, due_at, attempts, acknowledged_at, error
from dc09_event where incident = $1 order by id;
