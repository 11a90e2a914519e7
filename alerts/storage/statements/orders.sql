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
-- One thing of somebody's, or of a kind, at a time.
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

-- name: list_days_lately
-- Places for which somebody said lately that any of these days are otherwise in the same way. What was an order counted already.
select district, school from day_exception e
where kind = $1 and first_on <= $3 and last_on >= $2 and saved_by = $4 and saved_at > $5 and retired_at is null
  and not exists (select from city_order o where o.kind = 'day_exception' and o.made = e.id);

-- name: list_rules_lately
-- Places for which somebody lately saved policies of a mode.
select r.district, r.school from policy_version v join policy_rule r on r.id = v.rule
where r.mode = $1 and v.saved_by = $2 and v.saved_at > $3
  and not exists (select from city_order o where o.kind = 'policy' and o.made = r.id and o.settled_at = v.saved_at);

-- name: list_numbers_lately
-- Places for which somebody lately set a number of a rule.
select null::text as district, school from rule_parameter p
where rule = $1 and name = $2 and saved_by = $3 and saved_at > $4
  and not exists (select from city_order o where o.kind = 'rule_number' and o.made = p.id);

-- name: count_covered
-- Schools in any of these places (with neither it is the whole city), and all that there are.
with said as (select * from unnest($1::text[], $2::text[]) as place (district, school))
select count(*) filter (where exists (
        select from said where said.school = s.code or said.school is null and said.district = s.district
            or said.school is null and said.district is null)) as told,
    count(*) as everybody
from school s;

-- name: is_same_person
-- Whether two names are one person: the same account, two accounts of one person of the registry, or a program and whoever
-- made it.
with one as (select coalesce((select made_by from api_token where name = $1), $1) as name)
select one.name = $2 or exists (
    select from account a join account b on b.person = a.person where a.name = one.name and b.name = $2)
from one;

-- name: list_confirmers
-- Accounts of the whole city in these roles, but not those of one person.
select a.name, a.display_name from account a
where a.role = any($1::account_role[]) and a.district is null and a.school is null and a.name <> $2
  and not exists (select from api_token t where t.name = $2 and t.made_by = a.name)
  and not exists (
    select from account own where own.person = a.person
        and own.name = coalesce((select made_by from api_token where name = $2), $2))
order by a.name limit 50;
