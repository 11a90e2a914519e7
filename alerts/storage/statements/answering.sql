-- name: read
-- A message about an incident, with whom it called. Two people of one name are told apart by their codes.
select d.id, d.incident, d.person, p.name as person_name, d.post_kind, d.channel, d.address, d.reason, d.round, d.step, d.code,
       coalesce(s.zone, 'Asia/Shanghai') as zone, d.seen_at, d.answered_at, d.answer, d.late_answer,
       exists (select from delivery o join person n on n.code = o.person
               where o.incident = d.incident and o.person <> d.person and n.name = p.name) as namesake
from delivery d
join person p on p.code = d.person
join incident i on i.id = d.incident
left join school s on s.code = i.school
where d.id = $1;

-- name: lock
-- Nobody else answers or marks this message meanwhile.
select 1 from delivery where id = $1 for no key update;

-- name: find_called
-- The message that a provider's call carried.
select id from delivery where channel = $1 and provider_id = $2 and incident is not null order by id desc limit 1;

-- name: list_to
-- The messages that somebody who writes from an address may answer, newest first.
select d.id, d.incident, d.person, p.name as person_name, d.post_kind, d.channel, d.address, d.reason, d.round, d.step, d.code,
       coalesce(s.zone, 'Asia/Shanghai') as zone, d.seen_at, d.answered_at, d.answer, d.late_answer, false as namesake
from delivery d
join person p on p.code = d.person
join incident i on i.id = d.incident
left join school s on s.code = i.school
where d.channel = $1 and d.address = any($2::text[]) and d.queued_at >= $3 and d.code is not null
order by d.id desc limit 200;

-- name: list_open_among
-- Whoever answers without a code means an incident that is not over.
select id from incident where id = any($1::bigint[]) and state <> 'closed';

-- name: mark_seen
-- Seen only once, and never less than what is known already.
update delivery set state = case when state = 'answered' then state else 'seen' end, confirm_by = null,
    seen_at = coalesce(seen_at, $2), delivered_at = coalesce(delivered_at, $2)
where id = $1;

-- name: mark_answered
-- The answer that counts.
update delivery set state = 'answered', answer = $2, answered_at = coalesce(answered_at, $3), confirm_by = null,
    seen_at = coalesce(seen_at, $3), delivered_at = coalesce(delivered_at, $3)
where id = $1;

-- name: cover_others
-- Who has answered is not told of it again: what is still on its way to them need not be, and nothing more is tried.
update delivery o set confirm_by = null, state = case when o.state = 'queued' then 'covered' else o.state end
from delivery d
where d.id = $1 and o.incident = d.incident and o.person = d.person and o.id <> d.id
    and (o.state = 'queued' or o.confirm_by is not null);

-- name: mark_late
-- An answer that changes nothing; it shows that the message was seen.
update delivery set late_answer = $2, late_answer_at = $3, confirm_by = null,
    state = case when state = 'answered' then state else 'seen' end,
    seen_at = coalesce(seen_at, $3), delivered_at = coalesce(delivered_at, $3)
where id = $1;

-- name: list_takers
-- Where several people must take an incident, those who did in this round are not called again in it.
select distinct d.incident, d.person
from delivery d join incident i on i.id = d.incident
where i.id = any($1::bigint[]) and i.state = 'open' and cardinality(i.takers) > 0
    and d.round = i.round and d.answered_at is not null;

-- name: was_told_back
-- Two machines that answer each other must not go on for ever.
select exists (select from delivery d join notice n on n.id = d.notice
               where n.kind = 'answer' and d.channel = $1 and d.address = $2 and d.queued_at > $3);
