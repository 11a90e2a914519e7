-- name: list_standing
-- What stands at schools, one row each; all that were judged, or those named.
select school, on_date, judged_at, rules, verdicts from school_standing
where judged_at is not null and ($1::text[] is null or school = any($1)) order by school;
