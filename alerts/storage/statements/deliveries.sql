-- name: list_recipients
-- Whoever holds a post that could be called for these schools, by every channel that is switched on.
select s.code as school, h.person, p.name as person_name, post.kind as post_kind, c.code as channel
from school s
join post on post.school = s.code
join holding h on h.post = post.code
join person p on p.code = h.person
cross join channel c
where s.code = any($1::text[]) and c.enabled
order by s.code, post.kind, h.rank, h.person, c.code;

-- name: list_shared_recipients
-- Whoever holds a post of these districts (district given) or of the city (none).
select post.district, h.person, p.name as person_name, post.kind as post_kind, c.code as channel
from post
join holding h on h.post = post.code
join person p on p.code = h.person
cross join channel c
where post.school is null and (post.district = any($1::text[]) or post.district is null) and c.enabled
order by post.kind, h.rank, h.person, c.code;

-- name: queue
-- A step's messages, in the transaction that fires the step; the same step twice is the same message. Couriers are woken
-- when it commits.
with queued as (
    insert into delivery (incident, round, step, person, post_kind, channel, live, queued_at, due_at)
    select incident, round, step, person, post_kind, channel, live, now, now
    from json_to_recordset($1::json) as row (
        incident bigint, round integer, step integer, person text, post_kind post_kind, channel text,
        live boolean, now timestamptz)
    on conflict do nothing
    returning id
)
select pg_notify('campus_delivery', '') from queued limit 1;

-- name: count_people
-- How many people an incident addressed, and how many a message reached.
select incident, count(distinct person) as told,
       count(distinct person) filter (where state = 'delivered') as reached
from delivery where incident = any($1::bigint[]) group by incident;

-- name: cover
-- Somebody has it: what was not delivered yet need not be.
update delivery set state = 'covered' where incident = any($1::bigint[]) and state = 'queued';

-- name: claim
-- Leases what is due on a channel, live ones first: nobody else sends it until the lease ends; a crash in between sends
-- it again, never not at all.
with claimed as (
    select id from delivery
    where state = 'queued' and channel = $1 and due_at <= $2 and (live or $5::boolean)
    order by live desc, due_at limit $3
    for no key update skip locked
)
update delivery d set due_at = $2 + $4::interval, attempts = d.attempts + 1
from claimed, incident i, person p
where d.id = claimed.id and i.id = d.incident and p.code = d.person
returning d.id, d.round, d.step, d.person, d.post_kind, d.channel, d.idempotency_key, d.attempts, d.queued_at,
    d.live,
    p.name as person_name, p.phone, i.id as incident;

-- name: read_next_due
-- How long a courier may rest.
select min(due_at) from delivery where state = 'queued' and channel = $1 and (live or $2::boolean);

-- name: mark_delivered
-- The channel said yes. Still true when the incident was taken meanwhile.
update delivery set state = 'delivered', delivered_at = $2, error = null where id = any($1::bigint[]);

-- name: mark_refused
-- The channel said no: again at `due_at`, unless it is covered by then, or for good when the channel says so.
update delivery set due_at = row.due_at, error = row.error,
    state = case when row.final and delivery.state = 'queued' then 'failed' else delivery.state end
from json_to_recordset($1::json) as row (id bigint, due_at timestamptz, error text, final boolean)
where delivery.id = row.id and delivery.state = 'queued';

-- name: switch_channel
-- A channel is on when the engine that runs has what it takes to use it.
update channel set enabled = $2 where code = $1 and enabled <> $2;
