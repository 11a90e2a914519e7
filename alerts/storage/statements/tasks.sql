-- name: claim_untasked
-- Incidents whose cards were not made yet; another engine passes by. Live ones first.
select * from incident where not tasked order by mode, id limit $1 for no key update skip locked;

-- name: mark_tasked
-- Their cards are made. `$2` are those that have any, to be looked at again when they are closed.
update incident set tasked = true, cards_open = id = any($2::bigint[]) where id = any($1::bigint[]);

-- name: choose_plans
-- By which plan each of these schools acts on a kind of press; one school, or all of them.
select school, kind, plan, version from plans_of_schools($1, $2)
where (school, kind) in (select * from unnest($3::text[], $4::press_kind[]));

-- name: list_assignees
-- Whoever can be given the cards of these places' posts: those on duty, else the holders who are there, else the deputies
-- of those who are not.
with posts as (
    select code, kind, coalesce('school:' || school, 'district:' || district, 'city') as site from post
    where school = any($1::text[]) or school is null and (district is null or district = any($2::text[]))
), held as (
    select p.site, p.kind, h.person, h.rank,
           exists (select from leave l where l.person = h.person and l.starts_at <= $3 and l.ends_at > $3) as away
    from posts p join holding h on h.post = p.code
), found as (
    select p.site, p.kind, duty.person, 0 as rank, 1 as tier
    from posts p join duty on duty.post = p.code and duty.starts_at <= $3 and duty.ends_at > $3
    union all
    select site, kind, person, rank, 2 from held where not away
    union all
    select h.site, h.kind, d.deputy, h.rank * 1000 + d.rank, 3
    from held h join deputy d on d.person = h.person
    where h.away and not exists (
        select from leave l where l.person = d.deputy and l.starts_at <= $3 and l.ends_at > $3)
), once as (
    select site, kind, person, min(rank) as rank, tier, min(tier) over (partition by site, kind) as best
    from found group by site, kind, person, tier
)
select o.site, o.kind, o.person, p.name as person_name
from once o join person p on p.code = o.person where o.tier = o.best
order by o.site, o.kind, o.rank, o.person;

-- name: list_present
-- Those of the named people who are not on leave.
select p.code as person, p.name as person_name from person p
where p.code = any($1::text[])
    and not exists (select from leave l where l.person = p.code and l.starts_at <= $2 and l.ends_at > $2);

-- name: save_tasks
-- New cards, each with what its line of the plan says.
insert into task (incident, plan, version, number, phase, text, text_en, post, site, person, person_name, opened_at, due_at)
select row.incident, plan, version, number, line.phase, line.text, line.text_en, line.post, row.site, row.person,
       row.person_name, row.opened_at, row.due_at
from json_to_recordset($1::json) as row (
    incident bigint, plan text, version integer, number integer, site text, person text, person_name text,
    opened_at timestamptz, due_at timestamptz)
join responsibility line using (plan, version, number)
on conflict (incident, plan, number) do nothing
returning *;

-- name: list_tasks
-- The cards of an incident: what is due first, first; what stood ready beforehand at the top.
select * from task where incident = $1 order by phase, number, id;

-- name: lock_task
-- A card that somebody is about to change; its incident is locked before.
select * from task where id = $1 and incident = $2 for no key update;

-- name: update_task
-- What became of a card.
update task set person = $2, person_name = $3, state = $4, settled_at = $5, settled_by = $6, note = $7 where id = $1;

-- name: list_overdue_incidents
-- Incidents with cards whose time is up, oldest first. Who works on one locks it.
select incident from task where state = 'open' and overdue_at is null and due_at <= $1
group by incident order by min(due_at) limit $2;

-- name: lock_incidents
-- Those of them that nobody else works on.
select * from incident where id = any($1::bigint[]) order by id for no key update skip locked;

-- name: mark_overdue
-- The time of these cards is up; said once.
update task set overdue_at = $2
where incident = any($1::bigint[]) and state = 'open' and overdue_at is null and due_at <= $2
returning *;

-- name: claim_closed
-- Incidents that were closed over cards.
select * from incident where cards_open and state = 'closed' order by id limit $1 for no key update skip locked;

-- name: leave_open
-- Nobody did these before the incident was closed.
update task set state = 'left_open' where incident = any($1::bigint[]) and state = 'open' returning *;

-- name: mark_left
-- They need not be looked at again.
update incident set cards_open = false where id = any($1::bigint[]);

-- name: read_next_due
-- How long the cycle may rest.
select min(due_at) from task where state = 'open' and overdue_at is null and due_at is not null;
