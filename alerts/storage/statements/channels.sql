-- name: read_conduct
-- How a courier must treat what is not live: the channel's throttle, and the quiet hours that count for it.
select c.rate_per_second, q.starts, q.ends, q.zone
from channel c left join lateral (
    select starts, ends, zone from quiet_hours where channel = c.code or channel is null
    order by channel nulls last limit 1) q on true
where c.code = $1;

-- name: hold
-- What is not live waits until it is quiet no longer; what somebody asked for just now, such as a code, does not.
with waiting as (
    select d.id from delivery d left join notice n on n.id = d.notice
    where d.state = 'queued' and d.channel = $1 and not d.live and d.due_at <= $2
      and coalesce(n.kind, 'notice') = 'notice'
    for no key update of d skip locked
)
update delivery set due_at = $3, held_until = $3,
    confirm_by = case when confirm_by is not null then $3::timestamptz + $4::interval end
from waiting where delivery.id = waiting.id;

-- name: release
-- Quiet hours were changed: what they held is looked at again.
with held as (
    select id from delivery where state = 'queued' and held_until > $2 and ($1::text is null or channel = $1)
    order by id for no key update
), released as (
    update delivery set due_at = $2, held_until = null,
        confirm_by = case when confirm_by is not null then $2::timestamptz + $3::interval end
    from held where delivery.id = held.id
    returning delivery.id
)
select pg_notify('campus_delivery', '') from released limit 1;

-- name: lock_allowance
-- How many messages the throttle lets through now; a second's worth is the most that it saves up. Another courier that
-- is at it is not waited for.
select least(rate_per_second, allowance + rate_per_second * greatest(0, extract(epoch from $2 - allowance_at)))
           ::double precision as allowance
from channel where code = $1 and rate_per_second is not null for update skip locked;

-- name: save_allowance
-- What is left of it.
update channel set allowance = $2, allowance_at = $3 where code = $1;

-- name: wait_on
-- What waits behind the throttle is not late: the person's next method would wait there too.
with waiting as (
    select id from delivery
    where state = 'queued' and channel = $1 and not live and confirm_by < $2::timestamptz + $3::interval / 2
    for no key update skip locked
)
update delivery set confirm_by = $2::timestamptz + $3::interval from waiting where delivery.id = waiting.id;

-- name: list
-- Every channel with its throttle and its queue.
select c.code, c.enabled, c.personal, c.confirms, c.rate_per_second,
       case when c.rate_per_second is not null then least(c.rate_per_second, c.allowance
            + c.rate_per_second * greatest(0, extract(epoch from $1 - c.allowance_at)))::double precision end
           as allowance,
       q.starts::text as quiet_from, q.ends::text as quiet_to, q.zone as quiet_zone,
       coalesce(d.queued, 0) as queued, coalesce(d.queued_live, 0) as queued_live, coalesce(d.held, 0) as held,
       coalesce(d.retrying, 0) as retrying, d.oldest_waiting_at, d.last_error,
       (select count(*) from contact_method m where m.channel = c.code and m.failing_since is not null) as failing_methods,
       (select count(*) from contact_method m where m.channel = c.code and m.verified_at is not null) as methods
from channel c
left join quiet_hours q on q.channel = c.code
left join (
    select channel, count(*) as queued, count(*) filter (where live) as queued_live,
           count(*) filter (where held_until > $1) as held, count(*) filter (where error is not null) as retrying,
           min(queued_at) filter (where held_until is null or held_until <= $1) as oldest_waiting_at,
           (array_agg(error order by due_at desc) filter (where error is not null))[1] as last_error
    from delivery where state = 'queued' group by channel) d on d.channel = c.code
order by c.code;

-- name: set_rate
-- An operator's throttle for what is not live; it begins with an empty allowance.
update channel set rate_per_second = $2, allowance = 0, allowance_at = $3 where code = $1 returning code;

-- name: save_quiet_hours
-- An operator's quiet hours for a channel, or without one for the city.
insert into quiet_hours (channel, starts, ends, zone, saved_by, saved_at) values ($1, $2, $3, $4, $5, $6)
on conflict (channel) do update set starts = $2, ends = $3, zone = $4, saved_by = $5, saved_at = $6;

-- name: delete_quiet_hours
-- No quiet hours for a channel, or without one for the city.
delete from quiet_hours where channel is not distinct from $1;

-- name: read_own_conduct
-- A channel's throttle and quiet hours as they were set for it, held until the transaction ends.
select c.rate_per_second, q.starts, q.ends, q.zone
from channel c left join quiet_hours q on q.channel = c.code where c.code = $1 for no key update of c;

-- name: read_city_quiet_hours
-- Those of the whole city.
select starts::text as quiet_from, ends::text as quiet_to, zone as quiet_zone from quiet_hours where channel is null;

-- name: note_failures
-- A method that failed for a fault of its own, twice in a row, is tried after the others.
update contact_method m set failures = m.failures + 1,
    failing_since = case when m.failures >= 1 then coalesce(m.failing_since, $2) end
from delivery d
where d.id = any($1::bigint[]) and m.person = d.person and m.channel = d.channel and m.address = d.address
returning m.person, m.channel, m.failures;

-- name: note_successes
-- A method by which something arrived is good again.
update contact_method m set failures = 0, failing_since = null
from delivery d
where d.id = any($1::bigint[]) and m.person = d.person and m.channel = d.channel and m.address = d.address
  and (m.failures > 0 or m.failing_since is not null)
returning m.person, m.channel, 0 as failures;

-- name: keep_strays
-- What a provider said of a message that nobody knows.
insert into stray_receipt (channel, provider_id, state, error, address_fault, received_at)
select $1, row.provider_id, row.state, row.error, row.address_fault, $3
from json_to_recordset($2::json) as row (provider_id text, state delivery_state, error text, address_fault boolean)
on conflict do nothing;

-- name: trim_strays
-- The table is bounded: the oldest go first.
delete from stray_receipt where id <= (select max(id) - $1::bigint from stray_receipt);

-- name: take_settled_strays
-- Those whose message is known by now.
delete from stray_receipt s using delivery d
where d.channel = s.channel and d.provider_id = s.provider_id
returning s.channel, s.provider_id, s.state::text as state, s.error, s.address_fault;

-- name: list_strays
-- What a person can look at, newest first.
select id, channel, provider_id, state::text as state, error, received_at from stray_receipt
where $1::bigint is null or id < $1 order by id desc limit $2;
