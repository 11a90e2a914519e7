-- name: insert
-- An order: proposed, or done alone.
insert into city_order (kind, body, state, proposed_by, proposed_by_name, proposed_at, expires_at, settled_by, settled_at,
    reason, made)
values ($1, $2::text::jsonb, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning id;

-- name: lock
-- One order, held until the transaction ends: two people confirm it once.
select id, kind, body::text as body, state, proposed_by, proposed_by_name, proposed_at, expires_at, settled_by, settled_at,
    reason, made
from city_order where id = $1 for update;

-- name: settle
-- It was confirmed and done, or withdrawn.
update city_order set state = $2, settled_by = $3, settled_at = $4, made = $5 where id = $1;

-- name: list_pending
-- What waits for a second person, the oldest first.
select id, kind, body::text as body, state, proposed_by, proposed_by_name, proposed_at, expires_at, settled_by, settled_at,
    reason, made
from city_order where state = 'pending' and expires_at > $1 order by id limit 100;

-- name: list_unseen
-- What was done alone and somebody was not told of yet, the oldest first.
select id, kind, body::text as body, state, proposed_by, proposed_by_name, proposed_at, expires_at, settled_by, settled_at,
    reason, made
from city_order o where state = 'alone' and proposed_by <> $1
    and not exists (select from order_seen s where s.city_order = o.id and s.account = $1)
order by id limit 100;

-- name: note_seen
-- An administrator was told.
insert into order_seen (city_order, account, seen_at)
select id, $2, $3 from city_order where id = $1 and state = 'alone' on conflict do nothing returning city_order;

-- name: take_turn
-- One thing of somebody's at a time.
select pg_advisory_xact_lock(hashtext('campus.orders'), hashtext($1));

-- name: list_told_lately
-- Whom somebody's notices were meant for, reached or not. What was an order counted as one already.
with sent as (
    select id, unreachable from notice n
    where kind = 'notice' and sent_by = $1 and sent_at > $2
      and not exists (select from city_order o where o.kind = 'notice' and o.made = n.id)
)
select d.person from sent join delivery d on d.notice = sent.id
union
select unnest(unreachable) from sent;

-- name: count_covered
-- Schools whose days are otherwise by what somebody wants, or said lately of any of these days in the same way.
with said as (
    select $1::text as district, $2::text as school
    union all
    select district, school from day_exception e
    where kind = $3 and first_on <= $5 and last_on >= $4 and saved_by = $6 and saved_at > $7 and retired_at is null
      and not exists (select from city_order o where o.kind = 'day_exception' and o.made = e.id)
)
select count(*) filter (where exists (
        select from said where said.school = s.code or said.school is null and said.district = s.district
            or said.school is null and said.district is null)) as told,
    count(*) as everybody
from school s;
