-- name: queue
-- Messages, in the transaction that causes them; the same message twice is one. Couriers are woken when it commits.
with queued as (
    insert into delivery (incident, notice, reason, round, step, person, post_kind, channel, address, attempt, live,
                          queued_at, due_at, confirm_by, code, neighbour)
    select incident, notice, reason, round, step, person, post_kind, channel, address, attempt, live, now, due_at,
           confirm_by, code, coalesce(neighbour, false) or attempt > 1 and exists (
               select from delivery before
               where before.incident = row.incident and before.round = row.round and before.step = row.step
                 and before.person = row.person and before.reason = row.reason and before.neighbour)
    from json_to_recordset($1::json) as row (
        incident bigint, notice bigint, reason text, round integer, step integer, person text, post_kind post_kind,
        channel text, address text, attempt integer, live boolean, now timestamptz, due_at timestamptz,
        confirm_by timestamptz, code text, neighbour boolean)
    on conflict do nothing
    returning id
)
select pg_notify('campus_delivery', '') from queued limit 1;

-- name: count_people
-- How many people an incident addressed, and how many a message reached.
select incident, count(distinct person) as told,
       count(distinct person) filter (where state in ('delivered', 'seen', 'answered')) as reached
from delivery where incident = any($1::bigint[]) group by incident;

-- name: cover
-- Somebody has it: what was not sent yet need not be, and nothing more is tried. That 110 has not got it is another
-- matter, until the incident is closed.
update delivery set confirm_by = null, state = case when state = 'queued' then 'covered' else state end
where incident = any($1::bigint[]) and (state = 'queued' or confirm_by is not null)
  and (reason <> 'police_overdue' or exists (select from incident i where i.id = delivery.incident and i.state = 'closed'));

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
from claimed, person p
where d.id = claimed.id and p.code = d.person
returning d.id, d.incident, d.notice, d.reason, d.round, d.step, d.person, d.post_kind, d.channel, d.address,
    d.idempotency_key, d.attempts, d.queued_at, d.live, d.code, d.neighbour, p.name as person_name, p.phone,
    coalesce((select s.zone from incident i join school s on s.code = i.school where i.id = d.incident),
             'Asia/Shanghai') as zone;

-- name: read_next_due
-- How long a courier may rest.
select min(due_at) from delivery where state = 'queued' and channel = $1 and (live or $2::boolean);

-- name: mark_sent
-- The channel said yes; some tell later whether it arrived. Still true when the incident was taken meanwhile.
update delivery set
    state = case when delivery.state not in ('queued', 'covered') then delivery.state
                 when row.confirms then 'handed_over' else 'delivered' end,
    confirm_by = case when row.confirms then confirm_by end,
    handed_over_at = coalesce(handed_over_at, $2),
    delivered_at = case when row.confirms then delivered_at else coalesce(delivered_at, $2) end,
    provider_id = coalesce(row.provider_id, delivery.provider_id), error = null
from json_to_recordset($1::json) as row (id bigint, provider_id text, confirms boolean)
where delivery.id = row.id;

-- name: mark_refused
-- The channel said no: again at `due_at`, unless it is covered by then, or for good when the channel says so; then the
-- person's next method is tried at once.
update delivery set due_at = row.due_at, error = row.error,
    state = case when row.final then 'failed' else delivery.state end,
    confirm_by = case when row.final and confirm_by is not null then $2 else confirm_by end
from json_to_recordset($1::json) as row (id bigint, due_at timestamptz, error text, final boolean)
where delivery.id = row.id and delivery.state = 'queued';

-- name: confirm
-- What a provider says later of a message that it took. It only moves forward, and late good news still counts; a copy
-- changes nothing.
update delivery set
    state = row.state,
    confirm_by = case when row.state = 'failed' and confirm_by is not null then $2::timestamptz end,
    delivered_at = case when row.state = 'failed' then delivered_at else coalesce(delivered_at, $2) end,
    seen_at = case when row.state = 'seen' then coalesce(seen_at, $2) else seen_at end,
    error = row.error
from json_to_recordset($1::json) as row (id bigint, state delivery_state, error text)
where delivery.id = row.id and (
    delivery.state in ('queued', 'handed_over')
    or row.state in ('delivered', 'seen') and delivery.state in ('failed', 'covered')
    or row.state = 'seen' and delivery.state = 'delivered')
returning delivery.id, delivery.incident;

-- name: find_spoken_of
-- The messages that a provider speaks of, by its own id or by our key that it gives back.
select d.id, d.incident, d.notice, d.provider_id, d.idempotency_key, d.person, p.name as person_name, d.post_kind,
       d.channel, d.reason, d.step, d.round
from delivery d join person p on p.code = d.person
where d.channel = $1 and (d.provider_id = any($2::text[]) or d.idempotency_key = any($3::uuid[])) order by d.id;

-- name: queue_next_of_notices
-- A notice that failed for good goes by the person's next method, unless another of theirs may still arrive.
with queued as (
    insert into delivery (notice, reason, round, step, person, post_kind, channel, address, attempt, live, queued_at,
                          due_at)
    select d.notice, d.reason, d.round, d.step, d.person, d.post_kind, m.channel, m.address, d.attempt + 1, d.live, $2,
           $2
    from delivery d join notice n on n.id = d.notice and n.kind = 'notice'
    cross join lateral (
        select m.channel, m.address from contact_method m join channel c on c.code = m.channel
        where m.person = d.person and m.verified_at is not null and c.enabled
          and not exists (select from delivery t where t.notice = d.notice and t.person = d.person
                          and t.channel = m.channel and t.address = m.address)
        order by m.failing_since is not null, m.rank, m.id limit 1) m
    where d.id = any($1::bigint[]) and d.state = 'failed'
      and not exists (select from delivery t where t.notice = d.notice and t.person = d.person
                      and t.state <> 'failed')
    on conflict do nothing
    returning id
)
select pg_notify('campus_delivery', '') from queued limit 1;

-- name: list_overdue_incidents
-- Incidents with messages that are not confirmed in time, oldest first. Who works on one locks it.
select incident from delivery where confirm_by <= $1 and incident is not null
group by incident order by min(confirm_by) limit $2;

-- name: lock_overdue_incidents
-- Those of them that nobody else works on.
select * from incident where id = any($1::bigint[]) order by id for no key update skip locked;

-- name: list_attempts
-- Everything that was sent in the steps which have something overdue, and what is overdue itself.
select d.id, d.incident, d.reason, d.round, d.step, d.person, p.name as person_name, d.post_kind, d.channel, d.address,
       d.attempt, d.live, d.state, d.confirm_by is not null as waiting,
       coalesce(d.confirm_by <= $2, false) as overdue
from delivery d join person p on p.code = d.person
where (d.incident, d.reason, d.round, d.step) in (
    select incident, reason, round, step from delivery where confirm_by <= $2 and incident = any($1::bigint[]))
order by d.id;

-- name: settle_overdue
-- The next method was tried, or there is none: this message is not waited for any more. It may still arrive.
update delivery set confirm_by = null where id = any($1::bigint[]);

-- name: list_methods
-- How people can be reached now, best first.
select m.person, m.channel, m.address
from contact_method m join channel on channel.code = m.channel
where m.person = any($1::text[]) and m.verified_at is not null and channel.enabled
order by m.person, m.failing_since is not null, m.rank, m.id;

-- name: read_next_unconfirmed
-- How long the cycle that follows up may rest.
select min(confirm_by) from delivery where confirm_by is not null;

-- name: list_channel_codes
-- All channels that the service knows.
select code from channel order by code;

-- name: switch_channel
-- A channel is on when the engine that runs has what it takes to use it.
update channel set enabled = $2, confirms = $3 where code = $1 and (enabled, confirms) <> ($2, $3);
