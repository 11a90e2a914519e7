-- name: begin
-- The first day to be closed is that on which the service begins to judge.
insert into day_closing (next_on) values ($1) on conflict do nothing;

-- name: claim
-- The turn to close, and the day; another engine that closes is passed by.
select next_on from day_closing for no key update skip locked;

-- name: list_open_schools
-- Schools whose day is not closed and has been over for so long. Their turn is taken: nobody judges them meanwhile, and what
-- comes in late is late from here on. Those that have closed it are read once, not looked for school by school.
select t.school from school_standing t join school s on s.code = t.school
where t.school not in (select d.school from school_day d where d.on_date = $1::date and d.version = 0)
    and (($1::date + 1)::timestamp at time zone s.zone) <= $2::timestamptz
order by t.school limit $3
for no key update of t;

-- name: count_open_schools
-- How many schools have not closed a day.
select count(*) from school_standing t
where not exists (select from school_day d where d.on_date = $1 and d.school = t.school and d.version = 0);

-- name: lock_schools
-- The turn of these schools.
select school from school_standing where school = any($1::text[]) order by school for no key update;

-- name: ensure_partition
-- Makes the partition of a month ahead of time.
select ensure_school_day_partition($1);

-- name: insert_days
-- Records of days, each a version that is never changed. What was judged, twenty kilobytes a school, comes as documents of
-- their own: in the recordset they would be read three times.
insert into school_day (on_date, school, version, closed_at, rules, verdicts, parameters, judgements, evidence_rows,
                        evidence_hash, reason)
select on_date, school, version, $3, rules, verdicts, parameters, judgements::jsonb, evidence_rows,
       decode(evidence_hash, 'base64'), reason
from rows from (
    json_to_recordset($1::json) as (
        on_date date, school text, version integer, rules text[], verdicts text, parameters bigint[],
        evidence_rows integer, evidence_hash text, reason text),
    unnest($2::text[])
) as row (on_date, school, version, rules, verdicts, parameters, evidence_rows, evidence_hash, reason, judgements);

-- name: digest_day
-- One hash over what a day says of all schools, in their newest versions, so that the log vouches for it.
select sha256(string_agg(convert_to(concat_ws(e'\n', school, version, array_to_string(rules, ','), verdicts,
           encode(evidence_hash, 'hex'), encode(sha256(convert_to(judgements::text, 'UTF8')), 'hex')), 'UTF8'),
           e'\n'::bytea order by school)) as hash, count(*)::integer as schools
from (
    select distinct on (school) * from school_day where on_date = $1 order by school, version desc
) as newest;

-- name: end_day
-- The whole city has closed a day, and the next one is to come.
with closed as (
    insert into closed_day (on_date, closed_at, schools, position)
    select $1, $2, $3, position from log_head
)
update day_closing set next_on = $1::date + 1 where next_on = $1;

-- name: forget_figures
-- What a day came to before it was amended.
delete from district_figure where on_date = $1;

-- name: insert_figures
-- What a day came to.
insert into district_figure (on_date, district, rule, met, not_met, unknown, declared, not_applicable)
select $2, district, rule, met, not_met, unknown, declared, not_applicable
from json_to_recordset($1::json) as row (
    district text, rule text, met integer, not_met integer, unknown integer, declared integer, not_applicable integer);

-- name: claim_late
-- Late days of which no more has come for a while, or of which the first has waited for long.
select on_date, school from late_day where last_at <= $1 or first_at <= $2
order by on_date, school limit $3 for update skip locked;

-- name: forget_late
-- They were amended.
delete from late_day where on_date = $1 and school = any($2::text[]);

-- name: list_newest
-- What the newest version of a day says of these schools, as far as an amendment may differ from it.
select distinct on (school) school, version, rules, verdicts, evidence_rows, evidence_hash, judgements::text as judgements
from school_day where on_date = $1 and school = any($2::text[]) order by school, version desc;
