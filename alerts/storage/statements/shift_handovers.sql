-- name: open_incident
-- Incidents that are not closed, and who has them; live ones first.
select 'incident' as kind, i.id::text as key, i.state::text as state, i.kind::text as what, coalesce(i.point, '') as detail,
    i.school, i.school_name, i.district, i.mode::text as mode,
    coalesce(i.responding_by, i.acknowledged_by, nullif(array_to_string(i.takers, ', '), '')) as by, i.opened_at as since,
    i.next_at as until, count(*) over () as total
from incident i
where i.state <> 'closed' and ($1::text is null or i.district = $1) and ($2::text is null or i.school = $2)
order by i.mode <> 'live', i.id limit $3;

-- name: open_output
-- Outputs whose device did not say what they do.
select 'output' as kind, c.id::text as key, case when c."on" then 'on' else 'off' end as state, c.output as what,
    c.device as detail, s.code as school, s.name as school_name, s.district, i.mode::text as mode, c.requested_by as by,
    c.unconfirmed_at as since, c.until, count(*) over () as total
from output_command c join incident i on i.id = c.incident join device d on d.code = c.device join school s on s.code = d.school
where c.unconfirmed_at is not null and c.state in ('wanted', 'sent', 'on')
    and ($1::text is null or s.district = $1) and ($2::text is null or s.code = $2)
order by c.id limit $3;

-- name: open_breach
-- Rules not met whose time is up.
select 'breach' as kind, b.id::text as key, 'overdue' as state, b.rule as what, '' as detail, s.code as school,
    s.name as school_name, s.district, null as mode, p.name as by, b.opened_at as since, b.due_at as until,
    count(*) over () as total
from breach b join school s on s.code = b.school left join person p on p.code = b.owner
where b.closed_at is null and b.due_at <= $4
    and ($1::text is null or s.district = $1) and ($2::text is null or s.code = $2)
order by b.due_at, b.id limit $3;

-- name: open_hazard
-- Hazards whose time is up.
select 'hazard' as kind, h.id::text as key, 'overdue' as state, h.title as what, h.place as detail, s.code as school,
    s.name as school_name, s.district, null as mode, p.name as by, h.opened_at as since, h.due_at as until,
    count(*) over () as total
from hazard h join school s on s.code = h.school left join person p on p.code = h.owner
where h.closed_at is null and h.due_at <= $4
    and ($1::text is null or s.district = $1) and ($2::text is null or s.code = $2)
order by h.due_at, h.id limit $3;

-- name: open_device
-- Devices that are not heard, those that were lost last first.
select 'device' as kind, t.device as key, t.link::text as state, p.name as what, t.device as detail, s.code as school,
    s.name as school_name, s.district, null as mode, null as by, t.since, null::timestamptz as until, count(*) over () as total
from device_status t join device d on d.code = t.device join point p on p.id = d.point join school s on s.code = d.school
where t.link in ('silent', 'offline') and ($1::text is null or s.district = $1) and ($2::text is null or s.code = $2)
order by t.since desc nulls last, t.device limit $3;

-- name: open_notice
-- The city's notices that have not gone to everybody yet.
select 'notice' as kind, n.id::text as key, 'queued' as state, n.title as what, q.waiting::text as detail, null as school,
    null as school_name, null as district, null as mode, n.sent_by as by, n.sent_at as since, q.until,
    count(*) over () as total
from (select d.notice, count(*) as waiting, max(d.held_until) as until from delivery d
      where d.state = 'queued' and d.notice is not null group by d.notice) q
join notice n on n.id = q.notice
where n.kind = 'notice' and $1::text is null and $2::text is null
order by n.id limit $3;

-- name: open_window
-- Tests and drills that run now or begin in the next shift, and concern the place.
select 'window' as kind, w.id::text as key, case when w.starts_at <= $4 then 'running' else 'ahead' end as state,
    w.note as what, '' as detail, w.school, s.name as school_name, coalesce(w.district, s.district) as district,
    w.mode::text as mode, w.announced_by as by, w.starts_at as since, w.ends_at as until, count(*) over () as total
from press_window w left join school s on s.code = w.school
where w.ends_at > $4 and w.starts_at < $5 and w.ends_at > w.starts_at + interval '1 microsecond'
    and ($1::text is null or num_nonnulls(w.district, w.school) = 0 or coalesce(w.district, s.district) = $1)
    and ($2::text is null or num_nonnulls(w.district, w.school) = 0 or w.school = $2
         or w.district = (select o.district from school o where o.code = $2))
order by w.starts_at, w.id limit $3;

-- name: open_hold
-- Evidence that must stay, of the place.
select 'hold' as kind, h.id::text as key, 'standing' as state, h.reason as what, h.since || ' – ' || h.until as detail,
    h.school, s.name as school_name, coalesce(h.district, s.district) as district, null as mode, h.placed_by as by,
    h.placed_at as since, null::timestamptz as until, count(*) over () as total
from evidence_hold h left join school s on s.code = h.school
where h.lifted_at is null and ($1::text is null or coalesce(h.district, s.district) = $1)
    and ($2::text is null or h.school = $2)
order by h.id limit $3;

-- name: insert
-- Signed by whoever goes.
insert into shift_handover (district, school, handed_at, handed_by, handed_by_name, remark, counts, items)
values ($1, $2, $3, $4, $5, $6, $7::text::jsonb, $8::text::jsonb) returning id;

-- name: find
-- One hand-over.
select id, district, school, handed_at, handed_by, handed_by_name, remark, counts::text as counts, items::text as items,
    received_at, received_by, received_by_name, received_remark
from shift_handover where id = $1;

-- name: lock
-- Two who come at once sign one after the other.
select id from shift_handover where id = $1 for no key update;

-- name: receive
-- Signed by whoever comes.
update shift_handover set received_at = $2, received_by = $3, received_by_name = $4, received_remark = $5 where id = $1;

-- name: list_of_desk
-- A page of one desk's own, the newest first.
select id, district, school, handed_at, handed_by, handed_by_name, counts::text as counts, received_at, received_by,
    received_by_name
from shift_handover
where district is not distinct from $1 and school is not distinct from $2 and (not $3::boolean or received_at is null)
    and ($4::bigint is null or id < $4)
order by id desc limit $5;

-- name: list_within
-- A page of those of a place and of all in it, the newest first.
select h.id, h.district, h.school, h.handed_at, h.handed_by, h.handed_by_name, h.counts::text as counts, h.received_at,
    h.received_by, h.received_by_name
from shift_handover h left join school s on s.code = h.school
where ($1::text is null or coalesce(h.district, s.district) = $1) and ($2::text is null or h.school = $2)
    and (not $3::boolean or h.received_at is null) and ($4::bigint is null or h.id < $4)
order by h.id desc limit $5;
