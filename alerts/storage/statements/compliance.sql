-- name: add_schools
-- A school that is new has its row, and is due at once.
insert into school_standing (school)
select s.code from school s where not exists (select from school_standing t where t.school = s.code) order by s.code
on conflict do nothing;

-- name: spread_stale
-- What changed for all schools becomes a mark at each; an engine that is at it already is passed by.
with everywhere as (
    delete from compliance_stale where id in (
        select id from compliance_stale where school is null for update skip locked)
    returning input
)
insert into compliance_stale (school, input, wide)
select s.code, e.input, true from (select distinct input from everywhere) e cross join school s order by s.code;

-- name: claim_turns
-- The turn to judge schools of which something changed or whose deadline has passed; what concerns single schools today goes
-- before what concerns all, such as a new day, or a day that is over, both of which can also be left to wait: then they are
-- left out first, for there are many while a day is closed. Another engine's schools are passed by.
with today as materialized (
    select zone, ($1::timestamptz at time zone zone)::date as on_date from (select distinct zone from school) as zones
)
select t.school
from (
    select school, min(wide::integer) as rank, min(id) as id from (
        select c.school, c.wide or coalesce(c.on_date < d.on_date, false) as wide, c.id
        from compliance_stale c join school s on s.code = c.school join today d on d.zone = s.zone
        where $3 or not (c.wide or coalesce(c.on_date < d.on_date, false))
        union all
        select t.school, t.on_date is null or d.on_date > t.on_date, 0
        from school_standing t join school s on s.code = t.school join today d on d.zone = s.zone
        where t.look_again_at < $1
    ) as one group by school
) as due
join school_standing t on t.school = due.school
where due.rank = 0 or $3
order by due.rank, due.id, t.school limit $2
for no key update of t skip locked;

-- name: take_stale
-- What changed at claimed schools, before anything of them is read: what comes from now on leaves a mark of its own. One by
-- which somebody is just going (alerts/storage/statements/evidence.sql) stays for the next turn.
delete from compliance_stale where id in (
    select id from compliance_stale where school = any($1::text[]) for update skip locked)
returning school, input, on_date;

-- name: drop_stale_of_day
-- Evidence of a day that is about to be judged whole; as above.
delete from compliance_stale where id in (
    select id from compliance_stale where school = any($1::text[]) and on_date = $2 for update skip locked);

-- name: read_outlook
-- How many changes wait; and whether there is anything at all to do: those, news in the log, a school that is new, or one
-- whose deadline has passed.
select waiting, waiting > 0
    or exists (select from log_head h, log_reader r where r.name = $1 and r.position < h.position)
    or exists (select from school_standing where look_again_at < $2)
    or exists (select from school s where not exists (select from school_standing t where t.school = s.code)) as due
from (select count(*) as waiting from compliance_stale) as marks;

-- name: queue_late
-- Days that are closed and of which something came in afterwards.
insert into late_day (on_date, school, first_at, last_at)
select said.on_date, said.school, $2, $2
from json_to_recordset($1::json) as said (school text, on_date date)
where exists (select from school_day d where d.on_date = said.on_date and d.school = said.school)
on conflict (on_date, school) do update set last_at = excluded.last_at;

-- name: list_verdicts
-- What stands at schools, without the reasons.
select school, rule, on_date, verdict, since, look_again_at from standing_verdict where school = any($1::text[]);

-- name: save_verdicts
-- What stands from now on. What has not changed in any way is not written.
insert into standing_verdict as s (school, rule, on_date, verdict, since, judged_at, judgement, look_again_at)
select school, rule, on_date, verdict, since, $2, judgement, look_again_at
from json_to_recordset($1::json) as row (
    school text, rule text, on_date date, verdict text, since timestamptz, judgement jsonb, look_again_at timestamptz)
on conflict (school, rule) do update set
    on_date = excluded.on_date, verdict = excluded.verdict, since = excluded.since, judged_at = excluded.judged_at,
    judgement = excluded.judgement, look_again_at = excluded.look_again_at
where (s.on_date, s.verdict, s.since, s.judgement, s.look_again_at)
    is distinct from (excluded.on_date, excluded.verdict, excluded.since, excluded.judgement, excluded.look_again_at);

-- name: drop_rules
-- Rules that are no more stand nowhere.
delete from standing_verdict where school = any($1::text[]) and not rule = any($2::text[]);

-- name: end_turns
-- These schools were judged; the next deadline of each is that of its rules, or the end of its day.
update school_standing t set on_date = row.on_date, judged_at = $2,
    look_again_at = least(row.day_ends_at, (
        select min(greatest(v.look_again_at, $2::timestamptz + interval '1 second'))
        from standing_verdict v where v.school = t.school and v.look_again_at is not null))
from json_to_recordset($1::json) as row (school text, on_date date, day_ends_at timestamptz)
where t.school = row.school;

-- name: list_log_marks
-- Whom a span of the log concerns and how: a row of a school, an incident, a device, a post, a person or a window names its
-- schools; all others concern every school (null).
with told as (
    select distinct split_part(kind, '.', 1) as area, split_part(subject, ':', 1) as what,
           substr(subject, position(':' in subject) + 1) as key,
           case when kind like 'device.%' then (
               select array_agg(item ->> 'code') from json_array_elements(body -> 'schools') as item) end as named
    from log where position > $1 and position <= $2 and split_part(kind, '.', 1) = any($3::text[])
)
select distinct area, unnest(coalesce(named, case what
    when 'school' then array[key]
    when 'incident' then array(select school from incident where id = key::bigint and school is not null)
    when 'device' then array(select school from device where code = key)
    when 'post' then array(select school from post where code = key and school is not null)
    when 'person' then array(select p.school from holding h join post p on p.code = h.post
                             where h.person = key and p.school is not null
                             union select p.school from duty d join post p on p.code = d.post
                             where d.person = key and p.school is not null)
    when 'window' then array(select s.code from press_window w join school s
                                 on w.school = s.code or w.school is null and coalesce(w.district, s.district) = s.district
                             where w.id = key::bigint)
    else array[null]::text[] end)) as school
from told;

-- name: add_marks
-- These schools are to be judged anew; all of them, with no school.
insert into compliance_stale (school, input, wide)
select school, input, school is null from json_to_recordset($1::json) as row (school text, input text);

-- name: list_open_breaches
-- The breaches of schools that are not mended.
select id, school, rule, opened_at, due_at, repeats from breach
where school = any($1::text[]) and closed_at is null;

-- name: open_breaches
-- A rule that is not met, with whoever answers for the school: its principal, else its duty leader, else its duty. How often
-- it was so within so many days before is counted.
insert into breach (school, rule, on_date, opened_at, judgement, owner, owner_post, due_at, repeats)
select row.school, row.rule, row.on_date, $2, row.judgement, holder.person, holder.post, row.due_at,
       (select count(*) from breach b where b.school = row.school and b.rule = row.rule
            and b.closed_at is not null and b.opened_at >= row.repeats_since)
from json_to_recordset($1::json) as row (
    school text, rule text, on_date date, judgement jsonb, due_at timestamptz, repeats_since timestamptz)
left join lateral (
    select h.person, p.code as post from post p join holding h on h.post = p.code
    where p.school = row.school and p.kind in ('principal', 'duty_leader', 'school_duty')
    order by array_position(array['principal', 'duty_leader', 'school_duty']::post_kind[], p.kind), h.rank, h.person
    limit 1
) as holder on true
on conflict (school, rule) where closed_at is null do nothing
returning id, school, rule, due_at, owner, repeats;

-- name: close_breaches
-- Met again: the proof stays with the breach.
update breach b set closed_at = $2, proof = row.proof
from json_to_recordset($1::json) as row (id bigint, proof jsonb)
where b.id = row.id and b.closed_at is null
returning b.id, b.school, b.rule, b.opened_at, b.due_at, b.repeats;

-- name: claim_escalations
-- Breaches that are overdue, or come back for the so-and-so-many-th time; one engine has each.
select b.id, b.school, s.name as school_name, s.district, b.rule, b.opened_at, b.due_at, b.owner, b.repeats
from breach b join school s on s.code = b.school
where b.closed_at is null and b.escalated_at is null and (b.due_at <= $1 or b.repeats >= $2)
order by b.id limit $3 for no key update of b skip locked;

-- name: note_escalations
-- These were told on.
update breach set escalated_at = $2 where id = any($1::bigint[]);
