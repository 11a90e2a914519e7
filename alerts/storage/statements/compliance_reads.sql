-- name: list_standing
-- What stands at schools, one row each; all that were judged, or those named.
select school, on_date, judged_at, array_to_string(rules, ' ') as rules, verdicts from school_standing
where judged_at is not null and ($1::text[] is null or school = any($1)) order by school;

-- name: list_parameters
-- The numbers that count on a day in place of defaults: for everybody, and for a school.
select id, rule, name, level, value, source, valid_from, valid_until, school from rule_parameter
where valid_from <= $1 and (valid_until is null or valid_until >= $1) and (school is null or school = $2)
order by id;

-- name: find_evidence
-- One raw message, and where it lies.
select e.on_date, e.device, e.channel, e.identity, e.place, s.name as school_name, e.topic, e.occurred_at,
       e.received_at, e.recorded_at, e.problems, e.payload, e.tableoid::regclass::text as partition,
       (coalesce(e.occurred_at, e.received_at) at time zone coalesce(s.zone, 'Asia/Shanghai'))::date as counts_on
from evidence e left join school s on s.code = e.place
where e.on_date = $1 and e.device = $2 and e.channel = $3 and e.identity = $4;

-- name: list_covering_days
-- The records of a school's day, whose hashes cover each raw message of it; and where the log was when the day was closed.
select d.on_date, d.version, d.closed_at, d.evidence_rows, d.evidence_hash, c.position
from school_day d left join closed_day c on c.on_date = d.on_date
where d.on_date = $1 and d.school = $2 order by d.version;
