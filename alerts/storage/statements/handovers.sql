-- name: queue
-- One hand-over an incident, in the transaction that fires the step; the step's repetitions change nothing. The city's
-- limits hold where the district has none of its own.
with limits as (
    select i.id, coalesce(own.answer_seconds, city.answer_seconds) as answer_seconds,
           coalesce(own.on_scene_seconds, city.on_scene_seconds) as on_scene_seconds
    from unnest($1::bigint[], $2::text[]) as i (id, district)
    join police_limit city on city.district is null
    left join police_limit own on own.district = i.district
)
insert into handover (incident, mode, queued_at, due_at, answer_by, on_scene_by)
select i.id, i.mode::press_mode, $4::timestamptz, $4::timestamptz, $4::timestamptz + make_interval(secs => l.answer_seconds),
       case when i.mode = 'live' then $4::timestamptz + make_interval(secs => l.on_scene_seconds) end
from unnest($1::bigint[], $3::text[]) as i (id, mode) join limits l on l.id = i.id
order by i.id
on conflict (incident) do nothing
returning incident;

-- name: wake
-- The couriers to 110 and to the station look when this commits.
select pg_notify('campus_handover', '');

-- name: claim_due
-- Leases what the wire is needed for, live ones first: a crash between sending and marking sends it again with the same
-- key, never not at all.
with claimed as (
    select id from handover where due_at <= $1 and (mode = 'live' or $4::boolean)
    order by mode, due_at limit $2
    for no key update skip locked
)
update handover h set due_at = $1 + $3::interval, attempts = h.attempts + 1
from claimed where h.id = claimed.id
returning h.*;

-- name: read_next_due
-- How long the courier to 110 may rest.
select min(due_at) from handover where due_at is not null and (mode = 'live' or $1::boolean);

-- name: list_late
-- Incidents whose hand-over has a deadline that passed. Who works on one locks it.
select incident from handover
where least(answer_by, on_scene_by) <= $1 and (answer_by is not null or on_scene_by is not null)
order by least(answer_by, on_scene_by) limit $2;

-- name: read_next_late
-- How long the cycle that watches 110's deadlines may rest.
select min(least(answer_by, on_scene_by)) from handover where answer_by is not null or on_scene_by is not null;

-- name: lock_of_incidents
-- Hand-overs that somebody is about to change; their incidents are locked already.
select * from handover where incident = any($1::bigint[]) order by incident for no key update;

-- name: save
-- Writes back what a move changed; the rows are locked by whoever saves.
update handover set
    state = row.state, due_at = row.due_at, answer_by = row.answer_by, on_scene_by = row.on_scene_by,
    rings = row.rings, telephone = row.telephone, via = row.via, number = row.number, officer = row.officer,
    unit = row.unit, reason = row.reason, disposition = row.disposition, error = row.error, sent_at = row.sent_at,
    accepted_at = row.accepted_at, rejected_at = row.rejected_at, dispatched_at = row.dispatched_at,
    on_scene_at = row.on_scene_at, closed_at = row.closed_at, overdue_at = row.overdue_at,
    withdrawn_at = row.withdrawn_at
from json_to_recordset($1::json) as row (
    id bigint, state handover_state, due_at timestamptz, answer_by timestamptz, on_scene_by timestamptz, rings integer,
    telephone boolean, via text, number text, officer text, unit text, reason text, disposition text, error text,
    sent_at timestamptz, accepted_at timestamptz, rejected_at timestamptz, dispatched_at timestamptz,
    on_scene_at timestamptz, closed_at timestamptz, overdue_at timestamptz, withdrawn_at timestamptz)
where handover.id = row.id;

-- name: save_on_incidents
-- The same for boards, on locked incidents.
update incident set police = h.state, police_telephone = h.telephone
from handover h where h.incident = incident.id and incident.id = any($1::bigint[]);

-- name: cover_rings
-- 110 has it: the city's desk need not be rung any more.
update delivery d set confirm_by = null, state = case when d.state = 'queued' then 'covered' else d.state end
from handover h
where h.incident = any($1::bigint[]) and h.state in ('accepted', 'dispatched', 'on_scene', 'closed')
  and d.incident = h.incident and d.reason = 'police_overdue' and (d.state = 'queued' or d.confirm_by is not null);

-- name: find_by_key
-- The incident whose hand-over 110 speaks of.
select incident from handover where key = $1;

-- name: read_of_incident
-- An incident's hand-over as it is.
select * from handover where incident = $1;

-- name: list
-- A page of hand-overs with where they are from, newest first.
select h.*, i.school, i.school_name, i.district, i.kind, i.state as incident_state, i.opened_at
from handover h join incident i on i.id = h.incident
where ($1::text[] is null or h.state = any($1::text[]::handover_state[]))
  and ($2::boolean is null or h.telephone = $2)
  and ($3::text is null or i.district = $3)
  and ($4::bigint is null or h.id < $4)
order by h.id desc limit $5;

-- name: count
-- What 110 has not, and what is late, for the board; live hand-overs only, but for `practice`. Those of closed incidents
-- are 110's own affair.
select count(*) filter (where mode = 'live' and state in ('waiting', 'phone_in', 'sent', 'rejected')) as unanswered,
       count(*) filter (where mode = 'live' and telephone) as telephone,
       count(*) filter (where mode = 'live' and overdue_at is not null) as overdue,
       count(*) filter (where mode = 'live') as open,
       count(*) filter (where mode <> 'live') as practice
from handover where state <> 'closed' and withdrawn_at is null;

-- name: list_links
-- Which links the engines that run can use.
select code from police_link where enabled order by code;

-- name: switch_link
-- A link is on when the engine that runs has what it takes to use it.
update police_link set enabled = $2 where code = $1 and enabled <> $2;

-- name: resume_phone_ins
-- A link that is set up later takes up what waits for a telephone.
update handover set due_at = $1 where state = 'phone_in' and due_at is null;

-- name: list_limits
-- How long 110 may take, the city's limit first.
select district, answer_seconds, on_scene_seconds, source from police_limit order by district nulls first;

-- name: save_limit
-- A district's limits, or the city's.
insert into police_limit (district, answer_seconds, on_scene_seconds, source) values ($1, $2, $3, $4)
on conflict (district) do update set answer_seconds = excluded.answer_seconds,
    on_scene_seconds = excluded.on_scene_seconds, source = excluded.source;
