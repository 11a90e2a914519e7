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
