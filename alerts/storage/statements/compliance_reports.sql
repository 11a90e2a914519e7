-- name: list_schools
-- Schools of a place as they are registered now.
select code, name, district, kind, ownership, group_code as "group", zone from school
where ($1::text is null or district = $1) and ($2::text is null or code = $2)
order by code;

-- name: list_days
-- A closed day in its newest versions, a row a school, without the reasons: they are most of its bytes.
select distinct on (d.school) d.school, d.version, array_to_string(d.rules, ' ') as rules, d.verdicts, d.parameters,
       d.evidence_rows, d.evidence_hash
from school_day d join school s on s.code = d.school
where d.on_date = $1 and ($2::text is null or s.district = $2) and ($3::text is null or s.code = $3)
order by d.school, d.version desc;

-- name: is_any_recorded
-- Whether there is anything to tell.
select exists (
    select from school_day d join school s on s.code = d.school
    where d.on_date between $1 and $2 and ($3::text is null or s.district = $3) and ($4::text is null or s.code = $4));

-- name: read_closing
-- When a day was closed here, and the row of the log over all the city's records.
select max(d.closed_at) as closed_at, l.position, l.hash
from school_day d join school s on s.code = d.school
left join lateral (
    select position, body ->> 'hash' as hash from log
    where subject = 'day:' || $1::date and kind = 'compliance.day_closed' order by position limit 1
) l on true
where d.on_date = $1 and d.version = 0 and ($2::text is null or s.district = $2) and ($3::text is null or s.code = $3)
group by l.position, l.hash;

-- name: list_unmet
-- Rules that were not met on a day, with their reasons, by school.
with newest as (
    select distinct on (d.school) d.school, d.rules, d.verdicts, d.judgements
    from school_day d join school s on s.code = d.school
    where d.on_date = $1 and ($2::text is null or s.district = $2) and ($3::text is null or s.code = $3)
    order by d.school, d.version desc
)
select school, rule, coalesce((judgements -> rule -> 'reasons')::text, '[]') as reasons,
       (count(*) over ())::integer as total
from newest cross join lateral unnest(rules) with ordinality as judged (rule, place)
where substr(verdicts, place::integer, 1) = 'n'
order by school, place limit $4;

-- name: list_amendments
-- Later versions of days between two.
select d.on_date, d.school, s.name as school_name, d.version, d.closed_at, d.reason, (count(*) over ())::integer as total
from school_day d join school s on s.code = d.school
where d.on_date between $1 and $2 and d.version > 0
    and ($3::text is null or s.district = $3) and ($4::text is null or s.code = $4)
order by d.on_date, d.school, d.version limit $5;

-- name: count_breaches
-- Breaches of a span: what began and ended in it, and what was left at its end.
select count(*) filter (where b.opened_at >= $1)::integer as opened,
       count(*) filter (where b.closed_at >= $1 and b.closed_at < $2)::integer as closed,
       count(*) filter (where b.closed_at is null or b.closed_at >= $2)::integer as open_at_end,
       count(*) filter (where (b.closed_at is null or b.closed_at >= $2) and b.due_at < $2)::integer as overdue_at_end
from breach b join school s on s.code = b.school
where b.opened_at < $2 and (b.closed_at is null or b.closed_at >= $1)
    and ($3::text is null or s.district = $3) and ($4::text is null or s.code = $4);

-- name: list_breaches
-- Breaches that were open at some time of a span, the oldest first.
select b.id, b.school, s.name as school_name, s.district, b.rule, b.opened_at, b.due_at, p.name as owner_name, b.repeats,
       b.escalated_at, b.closed_at
from breach b join school s on s.code = b.school left join person p on p.code = b.owner
where b.opened_at < $2 and (b.closed_at is null or b.closed_at >= $1)
    and ($3::text is null or s.district = $3) and ($4::text is null or s.code = $4)
order by b.opened_at, b.id limit $5;

-- name: find_parameters
-- Numbers that were set, as they were set.
select id, rule, name, level, value, source, valid_from, valid_until, school from rule_parameter
where id = any($1::bigint[]) order by rule, name, valid_from, id;

-- name: find_term
-- The term of a day; a school's own counts before the city's.
select name, first_on, last_on from school_term
where $1 between first_on and last_on and (school is null or school = $2)
order by school nulls last, id desc limit 1;

-- name: name_place
-- What a district or a school is called.
select name, name_en from district where code = $1 and $2::text is null
union all
select name, name from school where code = $2 and ($1::text is null or district = $1);
