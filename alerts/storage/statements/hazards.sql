-- name: take_turn
-- One report of a school at a time.
select pg_advisory_xact_lock(hashtext('campus.hazards'), hashtext($1));

-- name: insert
-- What somebody told of.
insert into hazard (school, source, title, text, place, fingerprint, repeats, opened_at, opened_by, owner, due_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning id;

-- name: find
-- One hazard.
select * from hazard where id = $1;

-- name: list_alike
-- All that was told of the same one.
select * from hazard where school = $1 and fingerprint = $2 order by id;

-- name: assign
-- Who sees to it until when; it may become overdue once more.
update hazard set owner = $2, due_at = $3, escalated_at = null where id = any($1::bigint[]) and closed_at is null;

-- name: close
-- They are mended.
update hazard set closed_at = $3, closed_by = $2, proof_text = $4, proof_fact = $5
where id = any($1::bigint[]) and closed_at is null;

-- name: claim_overdue
-- Each becomes overdue once, whichever engine sees it.
with due as (
    select id from hazard where closed_at is null and escalated_at is null and due_at <= $1
    order by due_at limit $2 for no key update skip locked
)
update hazard set escalated_at = $1 where id in (select id from due) returning *;

-- name: list
-- A page of hazards, the newest first.
select h.* from hazard h join school s on s.code = h.school
where ($1::text is null or h.school = $1) and ($2::text is null or s.district = $2)
  and ($3::text is null or h.source = $3) and (not $4::boolean or h.closed_at is null)
  and (not $5::boolean or h.closed_at is null and h.due_at <= $6) and ($7::bigint is null or h.id < $7)
order by h.id desc limit $8;
