-- name: open_or_join
-- One open incident a school, mode and class: opened here, or met and locked; never check-then-insert.
insert into incident (place, school, school_name, district, point, device, mode, category, kind, state, opened_at,
                      last_press_at, next_at, round_started_at, policy, takers_needed, opened_position)
select place, school, school_name, district, point, device, mode, category, kind, 'open', now, now, now, now, policy,
       coalesce((policy ->> 'takers_needed')::integer, 1),
       (select log_head.position from log_head)  -- not later than its first row in the log
from json_to_recordset($1::json) as row (
    place text, school text, school_name text, district text, point text, device text, mode press_mode,
    category incident_category, kind press_kind, now timestamptz, policy jsonb)
order by place, mode, category
on conflict (place, mode, category) where state <> 'closed'
    do update set last_press_at = greatest(incident.last_press_at, excluded.last_press_at)
returning (xmax = 0) as opened, incident.*;

-- name: lock
-- Incidents that somebody is about to change, in the order of their ids so that two writers cannot deadlock.
select * from incident where id = any($1::bigint[]) order by id for no key update;

-- name: read
-- Incidents as they are, for reading only.
select * from incident where id = any($1::bigint[]) order by id;

-- name: claim_due
-- Deadlines are rows: whoever claims one has it, another engine passes by. Live ones first.
select * from incident where next_at <= $1 order by mode, next_at limit $2 for no key update skip locked;

-- name: read_next_due
-- How long the engine may rest.
select min(next_at) from incident where next_at is not null;

-- name: are_calls_late
-- Whether a step, or a message of a live incident, should have gone out before an instant and has not.
select exists (select from incident where next_at < $1) or exists (
    select from channel c where exists (
        select from delivery d where d.channel = c.code and d.live and d.state = 'queued' and d.due_at < $1));

-- name: save
-- Writes back what a move changed; the rows are locked by whoever saves.
update incident set
    last_press_at = row.last_press_at, presses = row.presses, late = row.late, problems = row.problems,
    state = row.state, cancel_asked_at = row.cancel_asked_at, acknowledged_at = row.acknowledged_at,
    acknowledged_by = row.acknowledged_by, responding_at = row.responding_at, responding_by = row.responding_by,
    closed_at = row.closed_at, closed_by = row.closed_by, cause = row.cause, step = row.step, round = row.round,
    next_at = row.next_at, told = row.told, reached = row.reached, opened_position = row.opened_position,
    round_started_at = row.round_started_at, takers = row.takers, takers_needed = row.takers_needed,
    unreached_at = row.unreached_at, outputs_unconfirmed = row.outputs_unconfirmed
from json_to_recordset($1::json) as row (
    id bigint, last_press_at timestamptz, presses integer, late boolean, problems text[], state incident_state,
    cancel_asked_at timestamptz, acknowledged_at timestamptz, acknowledged_by text, responding_at timestamptz,
    responding_by text, closed_at timestamptz, closed_by text, cause incident_cause, step integer, round integer,
    next_at timestamptz, told integer, reached integer, opened_position bigint, round_started_at timestamptz,
    takers text[], takers_needed integer, unreached_at timestamptz,
    outputs_unconfirmed integer)
where incident.id = row.id;

-- name: has_live
-- Whether a live one of a school, a district or, with neither, the city is not closed.
select exists (select from incident where state <> 'closed' and mode = 'live'
    and ($1::text is null or district = $1) and ($2::text is null or school = $2));
