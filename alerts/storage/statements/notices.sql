-- name: read
-- What messages say that are not about an incident.
select id, kind, title, text, sent_by, sent_at from notice where id = any($1::bigint[]);

-- name: insert
-- A notice, before its messages.
insert into notice (kind, title, text, sent_by, sent_at) values ($1, $2, $3, $4, $5) returning id;

-- name: insert_sent
-- A notice to many: whom it was meant for, and who of them cannot be reached.
insert into notice (kind, title, text, sent_by, sent_at, audience, people, unreachable)
values ('notice', $1, $2, $3, $4, $5::text::jsonb, $6, $7) returning id;

-- name: list_audience
-- Whoever holds a post of these places (no kinds: any post), and people named one by one; each once, with the best way
-- to reach them, if there is one.
with meant as (
    select h.person from post p join holding h on h.post = p.code left join school s on s.code = p.school
    where ($1::boolean or p.district = any($2::text[]) or s.district = any($2::text[]) or p.school = any($3::text[]))
      and (cardinality($4::text[]) = 0 or p.kind::text = any($4::text[]))
    union
    select code from person where code = any($5::text[])
)
select person.code as person, person.name as person_name, best.channel, best.address
from meant join person on person.code = meant.person
left join lateral (
    select m.channel, m.address from contact_method m join channel c on c.code = m.channel
    where m.person = person.code and m.verified_at is not null and c.enabled
    order by m.failing_since is not null, m.rank, m.id limit 1) best on true
order by person.code;

-- name: find_shared_channel
-- Where nobody has a way of their own, a channel that takes messages for anybody carries them.
select code from channel where enabled and not personal order by code desc limit 1;

-- name: list_unknown
-- What an audience names and nobody registered.
select 'district ' || said as unknown from unnest($1::text[]) as said where not exists (select from district where code = said)
union all
select 'school ' || said from unnest($2::text[]) as said where not exists (select from school where code = said)
union all
select 'person ' || said from unnest($3::text[]) as said where not exists (select from person where code = said);

-- name: list_progress
-- Notices, newest first, with how many people each reached; a person counts by the best that became of any message.
select n.id, n.title, n.text, n.sent_by, n.sent_at, n.audience::text as audience, n.people,
       cardinality(n.unreachable) as unreachable,
       coalesce(p.queued, 0) as queued, coalesce(p.handed_over, 0) as handed_over,
       coalesce(p.delivered, 0) as delivered, coalesce(p.seen, 0) as seen, coalesce(p.failed, 0) as failed
from notice n left join lateral (
    select count(*) filter (where best = 1) as failed, count(*) filter (where best = 2) as queued,
           count(*) filter (where best = 3) as handed_over, count(*) filter (where best = 4) as delivered,
           count(*) filter (where best = 5) as seen
    from (select max(case d.state when 'failed' then 1 when 'covered' then 1 when 'queued' then 2
                                  when 'handed_over' then 3 when 'delivered' then 4 else 5 end) as best
          from delivery d where d.notice = n.id group by d.person) person) p on true
where n.kind = 'notice' and ($1::bigint is null or n.id < $1) and ($2::bigint is null or n.id = $2)
order by n.id desc limit $3;

-- name: list_people
-- Every message of a notice, by person.
select d.id, d.person, p.name as person_name, d.channel, d.attempt, d.state::text as state, d.attempts, d.queued_at,
       d.due_at, d.handed_over_at, d.delivered_at, d.seen_at, d.error
from delivery d join person p on p.code = d.person
where d.notice = $1 and d.id > $2 and ($3::text is null or d.state::text = $3)
order by d.id limit $4;

-- name: list_unreachable
-- Whom nobody can tell: no way to reach them is verified, or its channel is off.
select p.code as person, p.name as person_name
from notice n join person p on p.code = any(n.unreachable) where n.id = $1 order by p.code;
