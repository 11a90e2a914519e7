-- name: list_standing_places
-- What stands now, a row a school, with what it is counted by; no rules where it was not judged on its present day.
select s.code as school, s.name as school_name, s.district, s.kind, s.ownership, s.group_code as "group", t.on_date,
       null::integer as version, t.judged_at, coalesce(array_to_string(t.rules, ' '), '') as rules, coalesce(t.verdicts, '') as verdicts
from school s
left join school_standing t on t.school = s.code and t.on_date = ($1::timestamptz at time zone s.zone)::date
where $2::text is null or s.district = $2
order by s.code;

-- name: list_day_places
-- A closed day in its newest version, or as it was known at an instant; a row a school.
select distinct on (s.code) s.code as school, s.name as school_name, s.district, s.kind, s.ownership,
       s.group_code as "group", d.on_date, d.version, d.closed_at as judged_at, array_to_string(d.rules, ' ') as rules,
       d.verdicts
from school_day d join school s on s.code = d.school
where d.on_date = $1 and ($2::text is null or s.district = $2) and ($3::timestamptz is null or d.closed_at <= $3)
order by s.code, d.version desc;

-- name: count_standing
-- What stands now, a row for schools alike: of one district, kind, ownership or group ($3), judged by the same rules. Their
-- verdicts stand one after another.
select case $3 when 'district' then s.district when 'kind' then s.kind::text when 'ownership' then s.ownership::text
            when 'group' then coalesce(s.group_code, '') else 'city' end as key,
       coalesce(array_to_string(t.rules, ' '), '') as rules, count(*)::integer as schools,
       coalesce(string_agg(t.verdicts, ''), '') as verdicts, max(t.on_date) as on_date, max(t.judged_at) as judged_at
from school s
left join school_standing t on t.school = s.code and t.on_date = ($1::timestamptz at time zone s.zone)::date
where $2::text is null or s.district = $2
group by key, t.rules;

-- name: count_day
-- The same of a closed day, in its newest version, or as it was known at an instant.
select case $3 when 'district' then s.district when 'kind' then s.kind::text when 'ownership' then s.ownership::text
            when 'group' then coalesce(s.group_code, '') else 'city' end as key,
       coalesce(array_to_string(d.rules, ' '), '') as rules, count(*)::integer as schools,
       coalesce(string_agg(d.verdicts, ''), '') as verdicts, max(d.on_date) as on_date, max(d.closed_at) as judged_at
from (
    select distinct on (school) school, on_date, closed_at, rules, verdicts from school_day
    where on_date = $1 and ($4::timestamptz is null or closed_at <= $4) order by school, version desc
) as d
join school s on s.code = d.school
where $2::text is null or s.district = $2
group by key, d.rules;

-- name: name_keys
-- What districts and education groups are called.
select 'district' as split, code, name, name_en, position from district
union all
select 'group', code, name, name, 0 from education_group
order by split, position, code;

-- name: list_school_verdicts
-- Every rule at a school as it stands, with its reasons.
select rule, on_date, verdict, since, judged_at, judgement::text as judgement, look_again_at
from standing_verdict where school = $1 order by rule;

-- name: read_school_day
-- A school's closed day, in a version or the newest one.
select on_date, school, version, closed_at, rules, verdicts, parameters, judgements::text as judgements, evidence_rows,
       evidence_hash, reason
from school_day where on_date = $1 and school = $2 and ($3::integer is null or version = $3)
order by version desc limit 1;

-- name: list_versions
-- How often a school's day was amended, and why.
select version, closed_at, reason, evidence_rows, evidence_hash from school_day
where on_date = $1 and school = $2 order by version;

-- name: list_breaches
-- A page of breaches, the newest first.
select b.id, b.school, s.name as school_name, s.district, s.zone, b.rule, b.on_date, b.opened_at, b.due_at, b.owner,
       p.name as owner_name, b.owner_post, b.repeats, b.escalated_at, b.closed_at, b.judgement::text as judgement,
       b.proof::text as proof
from breach b join school s on s.code = b.school left join person p on p.code = b.owner
where ($1::text is null or b.school = $1) and ($2::text is null or s.district = $2)
    and ($3::text is null or b.rule = $3) and ($4::boolean is null or (b.closed_at is null) = $4)
    and ($5::boolean is null or (b.escalated_at is not null) = $5)
    and ($6::bigint is null or b.id < $6)
order by b.id desc limit $7;

-- name: list_trend
-- How many schools had which verdict of each rule on each day between two, of a district or the city.
select on_date, rule, sum(met)::integer as met, sum(not_met)::integer as not_met, sum(unknown)::integer as unknown,
       sum(declared)::integer as declared, sum(not_applicable)::integer as not_applicable
from district_figure where on_date between $1 and $2 and ($3::text is null or district = $3)
    and ($4::text[] is null or rule = any($4))
group by on_date, rule order by on_date, rule;

-- name: list_closed_days
-- Which days between two are closed for the whole city.
select on_date, closed_at, schools, position from closed_day where on_date between $1 and $2 order by on_date;
