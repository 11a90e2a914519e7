-- name: take_turn
-- Whoever changes who is on duty (a roster, an override, leave, deputies, a calendar) does so in turn, so that no change
-- is worked out without another one that commits beside it.
select pg_advisory_xact_lock(hashtext('campus.duty'));

-- name: list_posts
-- A page of posts with where they are, who may be asked for by place and kind.
select p.code, p.kind, p.name, p.district as own_district, coalesce(p.district, s.district) as district,
       d.name as district_name, p.school, s.name as school_name, coalesce(s.zone, 'Asia/Shanghai') as zone,
       r.post is not null as rostered, r.version, r.expanded_until,
       (select count(*) from holding h where h.post = p.code) as holders,
       (select min(o.starts_at) from duty_hole o where o.post = p.code and o.ends_at > $7 and o.empty) as next_hole_at
from post p
left join school s on s.code = p.school
left join district d on d.code = coalesce(p.district, s.district)
left join roster r on r.post = p.code
where ($1::text is null or p.code = $1)
  and ($2::text is null or p.school = $2)
  and ($3::text is null or coalesce(p.district, s.district) = $3)
  and ($4::text is null or p.kind = $4::post_kind)
  and ($5::text is null or p.code > $5)
order by p.code limit $6;

-- name: list_holders
-- Who holds posts, in the order in which they are called.
select h.post, h.person, p.name, h.rank from holding h join person p on p.code = h.person
where h.post = any($1::text[]) order by h.post, h.rank, h.person;

-- name: read_roster
-- A post's roster as it is in force.
select r.post, r.definition::text as definition, r.calendar, r.version, r.saved_by, r.saved_at, r.expanded_until
from roster r where r.post = $1;

-- name: list_versions
-- What was saved before, newest first.
select post, definition::text as definition, calendar, version, saved_by, saved_at from roster_version
where post = $1 order by version desc limit $2;

-- name: save_roster
-- A new version, in force at once; the next version's number goes on even when a roster was taken away in between.
with saved as (
    insert into roster_version (post, version, definition, calendar, saved_by, saved_at)
    select $1, coalesce(max(version), 0) + 1, $2::jsonb, $3, $4, $5 from roster_version where post = $1
    returning version
)
insert into roster (post, definition, calendar, version, saved_by, saved_at, expanded_until, expand_at)
select $1, $2::jsonb, $3, version, $4, $5, $5, $5 from saved
on conflict (post) do update set
    definition = excluded.definition, calendar = excluded.calendar, version = excluded.version,
    saved_by = excluded.saved_by, saved_at = excluded.saved_at
returning version;

-- name: remove_roster
-- The post is held round the clock again by whoever holds it; a version without definition tells of it.
with gone as (
    delete from roster where post = $1 returning post
), nobody as (
    delete from roster_person where post in (select post from gone)
)
insert into roster_version (post, version, definition, calendar, saved_by, saved_at)
select $1, (select coalesce(max(version), 0) from roster_version where post = $1) + 1, null, null, $2, $3 from gone
returning version;

-- name: save_roster_people
-- Whom the post's roster names now.
with gone as (
    delete from roster_person where post = $1 and person <> all($2::text[])
)
insert into roster_person (post, person) select $1, unnest($2::text[]) on conflict do nothing;

-- name: list_touched_posts
-- Posts where these people, or those for whom they stand in, may be on duty.
with who as (
    select unnest($1::text[]) as person union select person from deputy where deputy = any($1::text[])
)
select post from roster_person where person in (select person from who)
union
select o.post from duty_override o join roster r on r.post = o.post
where o.person in (select person from who) and o.ends_at > $2
order by post;

-- name: list_placed_posts
-- Posts with a roster at a school, in a district with all its schools, or anywhere.
select r.post from roster r join post p on p.code = r.post left join school s on s.code = p.school
where ($1::text is null or coalesce(p.district, s.district) = $1) and ($2::text is null or p.school = $2)
order by r.post;

-- name: lock_rosters
-- Rosters to be worked out anew, with where their posts are; who works on one holds it.
select r.post, r.definition::text as definition, r.calendar, p.school, coalesce(p.district, s.district) as district,
       coalesce(s.zone, 'Asia/Shanghai') as zone
from roster r join post p on p.code = r.post left join school s on s.code = p.school
where r.post = any($1::text[]) order by r.post for no key update of r;

-- name: claim_due_rosters
-- Rosters whose duty has to be carried on, passing by those that another engine holds.
select r.post, r.definition::text as definition, r.calendar, p.school, coalesce(p.district, s.district) as district,
       coalesce(s.zone, 'Asia/Shanghai') as zone
from roster r join post p on p.code = r.post left join school s on s.code = p.school
where r.expand_at <= $1 order by r.expand_at, r.post limit $2 for no key update of r skip locked;

-- name: make_due
-- Too many to be worked out by the one who changed what they rest on: the engines do it at once.
update roster set expand_at = $2 where post = any($1::text[]);

-- name: read_next_due
-- How long the cycle that carries duty on may rest.
select min(expand_at) from roster;

-- name: mark_expanded
-- Worked out up to there; again then.
update roster set expanded_until = $2, expand_at = $3 where post = any($1::text[]);

-- name: list_overrides
-- What people decided for posts, from a time on.
select o.id, o.post, o.kind, o.starts_at, o.ends_at, o.person, p.name as person_name, o.instead_of,
       i.name as instead_of_name, o.swap, o.note, o.saved_by, o.saved_at
from duty_override o left join person p on p.code = o.person left join person i on i.code = o.instead_of
where o.post = any($1::text[]) and o.ends_at > $2 order by o.post, o.starts_at, o.id;

-- name: insert_override
-- A person's decision about a post.
insert into duty_override (post, kind, starts_at, ends_at, person, instead_of, swap, note, saved_by, saved_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id;

-- name: next_swap
-- The number that both halves of a swap bear.
select nextval('duty_swap');

-- name: end_override
-- Takes back what is still to come of an override and of its other half: one that has begun ends now, for what has been
-- stays; one that has not goes.
with wanted as (
    select o.id from duty_override o join duty_override said on said.id = $1 and (o.id = said.id or o.swap = said.swap)
    where o.ends_at > $2
), ended as (
    update duty_override o set ends_at = $2 where o.id in (select id from wanted) and o.starts_at < $2
    returning o.id, o.post
), gone as (
    delete from duty_override o where o.id in (select id from wanted) and o.starts_at >= $2
    returning o.id, o.post
)
select id, post from ended union all select id, post from gone;

-- name: list_coming_duty
-- The duty of posts that is not over.
select post, starts_at, ends_at, person, shift, source, instead_of, assumed from duty
where post = any($1::text[]) and ends_at > $2 order by post, starts_at, person;

-- name: end_duty
-- Spans that end at another time than was thought.
update duty set ends_at = row.ends_at
from json_to_recordset($1::json) as row (post text, starts_at timestamptz, person text, ends_at timestamptz)
where (duty.post, duty.starts_at, duty.person) = (row.post, row.starts_at, row.person);

-- name: remove_duty
-- Spans that will not come.
delete from duty using json_to_recordset($1::json) as row (post text, starts_at timestamptz, person text)
where (duty.post, duty.starts_at, duty.person) = (row.post, row.starts_at, row.person);

-- name: add_duty
-- Spans that will come.
insert into duty (post, starts_at, ends_at, person, shift, source, instead_of, assumed)
select post, starts_at, ends_at, person, shift, source, instead_of, assumed
from json_to_recordset($1::json) as row (
    post text, starts_at timestamptz, ends_at timestamptz, person text, shift text, source text, instead_of text,
    assumed boolean);

-- name: drop_coming_duty
-- The post has no roster any more: what has been stays, what is under way ends now.
with gone as (
    delete from duty where post = $1 and starts_at >= $2
), holes as (
    delete from duty_hole where post = $1 and starts_at >= $2
), shut as (
    update duty_hole set ends_at = $2 where post = $1 and starts_at < $2 and ends_at > $2
)
update duty set ends_at = $2 where post = $1 and starts_at < $2 and ends_at > $2;

-- name: drop_coming_holes
-- Makes room for the holes as they are now; those that have begun keep their past.
with gone as (
    delete from duty_hole where post = any($1::text[]) and starts_at >= $2
)
update duty_hole set ends_at = $2 where post = any($1::text[]) and starts_at < $2 and ends_at > $2;

-- name: add_holes
-- Where somebody will be missing. A hole that goes on is one with its past.
insert into duty_hole (post, starts_at, ends_at, shift, person, reason, empty)
select post, coalesce((
           select o.starts_at from duty_hole o
           where (o.post, o.ends_at, o.shift, o.person, o.reason, o.empty)
                 = (row.post, row.starts_at, row.shift, row.person, row.reason, row.empty)), starts_at),
       ends_at, shift, person, reason, empty
from json_to_recordset($1::json) as row (
    post text, starts_at timestamptz, ends_at timestamptz, shift text, person text, reason text, empty boolean)
on conflict (post, starts_at, shift, person, reason) do update set ends_at = excluded.ends_at, empty = excluded.empty;

-- name: list_duty
-- Who was, is and will be on duty at a post.
select u.post, u.starts_at, u.ends_at, u.person, p.name as person_name, u.shift, u.source, u.instead_of,
       i.name as instead_of_name, u.assumed
from duty u join person p on p.code = u.person left join person i on i.code = u.instead_of
where u.post = $1 and u.ends_at > $2 and u.starts_at < $3 order by u.starts_at, u.person;

-- name: list_holes
-- Where somebody is missing, soonest first; the last one seen tells where the next page begins.
select o.post, po.name as post_name, po.kind as post_kind, po.school, s.name as school_name, o.starts_at, o.ends_at,
       o.shift, o.person, coalesce(p.name, '') as person_name, o.reason, o.empty
from duty_hole o join post po on po.code = o.post left join school s on s.code = po.school
left join person p on p.code = o.person
where o.ends_at > $1 and o.starts_at < $2
  and ($3::text is null or o.post = $3) and ($4::text is null or po.school = $4)
  and ($5::text is null or coalesce(po.district, s.district) = $5)
  and (not $6::boolean or o.empty)
  and ($8::timestamptz is null or (o.starts_at, o.post, o.shift, o.person) > ($8, $9::text, $10::text, $11::text))
order by o.starts_at, o.post, o.shift, o.person limit $7;

-- name: list_on_duty
-- Who is on duty at a school at one instant: by rosters, and at posts without one whoever holds it, deputies for those who
-- are on leave.
with here as (
    select p.code, p.kind, p.name, r.post is not null as rostered
    from post p left join roster r on r.post = p.code where p.school = $1
), held as (
    select here.*, h.person, h.rank,
           exists (select from leave l where l.person = h.person and l.starts_at <= $2 and l.ends_at > $2) as away
    from here join holding h on h.post = here.code where not here.rostered
), found as (
    select here.code, here.kind, here.name, u.person, 0 as rank, u.starts_at, u.ends_at, u.shift, u.source, u.instead_of,
           u.assumed
    from here join duty u on u.post = here.code and u.ends_at > $2 and u.starts_at <= $2
    union all
    select code, kind, name, person, rank, null, null, '', 'holding', null, false from held where not away
    union all
    select held.code, held.kind, held.name, d.deputy, held.rank, null, null, '', 'deputy', held.person, false
    from held join deputy d on d.person = held.person
    where held.away and not exists (
        select from leave l where l.person = d.deputy and l.starts_at <= $2 and l.ends_at > $2)
)
select f.code as post, f.kind as post_kind, f.name as post_name, f.person, p.name as person_name, f.starts_at, f.ends_at,
       f.shift, f.source, f.instead_of, i.name as instead_of_name, f.assumed
from found f join person p on p.code = f.person left join person i on i.code = f.instead_of
order by f.kind, f.code, f.rank, f.person, f.starts_at;

-- name: list_vacant
-- Posts of a school where nobody is on duty at one instant though they have a roster.
select p.code as post, p.kind as post_kind, p.name as post_name
from post p join roster r on r.post = p.code
where p.school = $1 and not exists (
    select from duty u where u.post = p.code and u.ends_at > $2 and u.starts_at <= $2)
order by p.kind, p.code;
