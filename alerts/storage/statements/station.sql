-- name: queue
-- Contact ID events of incidents, in the transaction that fires the step, while a station is set up.
with wanted as (
    select i.id, i.school, i.mode, e.code
    from unnest($1::bigint[], $2::smallint[]) as e (incident, code) join incident i on i.id = e.incident
    where exists (select from police_link where code = 'dc09' and enabled)
), numbered as (
    insert into dc09_account (school) select distinct school from wanted where school is not null order by school
    on conflict do nothing
)
insert into dc09_event (incident, code, qualifier, live, queued_at, due_at)
select id, code, 1, mode = 'live', $3::timestamptz, $3::timestamptz from wanted order by id
on conflict do nothing;

-- name: claim
-- Leases the next events, live ones first, and gives each its sequence number once and for all of its attempts.
with claimed as (
    select id from dc09_event where state = 'queued' and due_at <= $1
    order by live desc, due_at, id limit $2
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
       coalesce(a.number, 0) as account
from leased l join incident i on i.id = l.incident left join dc09_account a on a.school = i.school
order by l.live desc, l.id;

-- name: read_next_due
-- How long the line to the station may rest.
select min(due_at) from dc09_event where state = 'queued';

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

-- name: list_of_incident
-- What the station was told of an incident.
select id, incident, code, qualifier, live, state, sequence, queued_at, due_at, attempts, acknowledged_at, error
from dc09_event where incident = $1 order by id;
