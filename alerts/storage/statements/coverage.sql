-- name: list_posts
-- The posts at which people can be called for these schools: theirs, their districts', the city's; with who holds them, and
-- for one with a roster the end of its last duty.
with posts as (
    select code, kind, name, school, district from post where school = any($1::text[])
    union all
    select code, kind, name, school, district from post where school is null and district = any($2::text[])
    union all
    select code, kind, name, school, district from post where school is null and district is null
)
select p.code, p.kind, p.name, p.school, p.district, r.post is not null as rostered,
       (select max(ends_at) from duty where duty.post = p.code) as duty_ends_at,
       (select json_agg(json_build_array(h.person, h.rank) order by h.rank, h.person)
        from holding h where h.post = p.code)::text as holders
from posts p left join roster r on r.post = p.code;

-- name: list_duty
-- Who is on duty at these posts in a stretch of time.
select post, person, starts_at, ends_at from duty
where post = any($1::text[]) and ends_at > $2 and starts_at < $3
order by post, person, starts_at;

-- name: list_deputies
-- Who stands in for these people, first come first.
select person, deputy from deputy where person = any($1::text[]) order by person, rank, deputy;

-- name: list_members
-- People with their contact methods, good or not, in their own order, and their leave in a stretch of time.
select p.code, p.name,
       (select json_agg(json_build_object(
               'channel', m.channel, 'verified', m.verified_at is not null, 'failing', m.failing_since is not null,
               'enabled', c.enabled, 'address', m.address) order by m.rank, m.id)
        from contact_method m join channel c on c.code = m.channel where m.person = p.code)::text as ways,
       (select json_agg(json_build_array(l.starts_at, l.ends_at))
        from leave l where l.person = p.code and l.ends_at > $2 and l.starts_at < $3)::text as away
from person p where p.code = any($1::text[]);

-- name: list_schools
-- All schools, or these, by district.
select code, name, district, kind, zone from school where $1::text[] is null or code = any($1) order by district, code;

-- name: list_live_rules
-- All rules that are in force for live presses.
select id, version, mode, definition::text as definition, name, district, school, category, kind, school_kind,
       hours::text as hours
from policy_rule where retired_at is null and mode = 'live' order by id;

-- name: list_stale
-- What changed since the lint looked, in the order in which it was said.
select id, what, key from coverage_stale order by id limit $1;

-- name: list_stale_schools
-- The schools that these posts, people and districts concern, through whatever they hold, cover for or belong to.
with people as (
    select unnest($2::text[]) as person
    union
    select person from deputy where deputy = any($2::text[])
), posts as (
    select unnest($1::text[]) as code
    union
    select post from holding where person in (select person from people)
    union
    select post from duty where person in (select person from people) and ends_at > $4
), places as (
    select p.school, p.district from post p where p.code in (select code from posts)
)
select code from school where code in (select school from places)
union
select code from school where district in (select district from places where school is null)
    or district = any($3::text[])
union
select code from school where exists (select from places where school is null and district is null);

-- name: forget_stale
-- The lint has seen these changes.
delete from coverage_stale where id = any($1::bigint[]);

-- name: claim_lint
-- One lint at a time, over several transactions: the others pass by.
select pg_try_advisory_lock(hashtext('campus.coverage'));

-- name: leave_lint
-- The next one may.
select pg_advisory_unlock(hashtext('campus.coverage'));

-- name: read_oldest_check
-- Since when the school that was looked at longest ago was not looked at; null when one never was.
select case when exists (select from school s where not exists (
                 select from coverage_check c where c.school = s.code)) then null
            else (select min(checked_at) from coverage_check) end as checked_at;

-- name: note_checks
-- These schools were looked at, up to an instant.
insert into coverage_check (school, checked_at, until) select school, $2, $3 from unnest($1::text[]) as row (school)
on conflict (school) do update set checked_at = excluded.checked_at, until = excluded.until;

-- name: list_open_holes
-- Holes of these schools that are not resolved.
select h.id, h.school, s.name as school_name, s.district, h.finding, h.kinds, h.starts_at, h.ends_at, h.lasts,
       h.reasons::text as reasons, h.found_at, s.zone
from coverage_hole h join school s on s.code = h.school
where h.school = any($1::text[]) and h.resolved_at is null order by h.id;

-- name: add_holes
-- New holes.
insert into coverage_hole (school, finding, kinds, starts_at, ends_at, lasts, reasons, found_at)
select school, finding, kinds, starts_at, ends_at, lasts, reasons, $2
from json_to_recordset($1::json) as row (
    school text, finding text, kinds press_kind[], starts_at timestamptz, ends_at timestamptz, lasts boolean,
    reasons jsonb);

-- name: move_holes
-- Holes that are still there, as they are now.
update coverage_hole h set starts_at = row.starts_at, ends_at = row.ends_at, lasts = row.lasts, reasons = row.reasons
from json_to_recordset($1::json) as row (
    id bigint, starts_at timestamptz, ends_at timestamptz, lasts boolean, reasons jsonb)
where h.id = row.id;

-- name: resolve_holes
-- Holes that are no more: mended, or their time has passed.
update coverage_hole h set resolved_at = $2, resolution = row.resolution
from json_to_recordset($1::json) as row (id bigint, resolution text) where h.id = row.id;

-- name: list_holes
-- Holes that are not resolved, page by page, the soonest first.
select h.id, h.school, s.name as school_name, s.district, h.finding, h.kinds, h.starts_at, h.ends_at, h.lasts,
       h.reasons::text as reasons, h.found_at, s.zone
from coverage_hole h join school s on s.code = h.school
where h.resolved_at is null
  and ($1::text is null or h.school = $1) and ($2::text is null or s.district = $2)
  and ($3::text is null or h.finding = $3)
  and ($4::timestamptz is null or (h.starts_at, h.id) > ($4, $5::bigint))
order by h.starts_at, h.id limit $6;

-- name: summarize
-- How many schools are covered, have holes, or were never looked at, a district a row.
with worst as (
    select school, bool_or(finding = 'nobody') as nobody from coverage_hole where resolved_at is null group by school
)
select d.code, d.name, d.name_en, count(s.code) as schools,
       count(*) filter (where c.school is not null and w.school is null) as covered,
       count(*) filter (where w.nobody) as nobody,
       count(*) filter (where not w.nobody) as first_step_empty,
       count(*) filter (where s.code is not null and c.school is null and w.school is null) as unchecked,
       min(c.checked_at) as checked_at, min(c.until) as until
from district d left join school s on s.district = d.code left join coverage_check c on c.school = s.code
left join worst w on w.school = s.code
group by d.code, d.name, d.name_en, d.position order by d.position, d.code;

-- name: count_stale
-- How many changes the lint has not looked at yet.
select count(*) from coverage_stale;

-- name: count_holes
-- Holes that are not resolved, by what they are.
select finding, count(*) from coverage_hole where resolved_at is null group by finding;
