-- name: open
-- One visit of a person at a school is under way at a time; another one finds none here.
insert into inspection (school, by, opened_at, latitude, longitude, metres, checklist)
values ($1, $2, $3, $4, $5, $6, $7::jsonb)
on conflict (school, by) where ended_at is null do nothing returning id;

-- name: find_open
-- The visit of a person that is under way at a school.
select id from inspection where school = $1 and by = $2 and ended_at is null;

-- name: find
-- One visit.
select i.id, i.school, s.name as school_name, s.zone, i.by, i.opened_at, i.latitude, i.longitude, i.metres,
       i.checklist::text as checklist, i.ended_at
from inspection i join school s on s.code = i.school where i.id = $1;

-- name: lock
-- Whoever answers takes the visit's turn.
select ended_at from inspection where id = $1 for update;

-- name: list
-- A page of visits, the newest first, with how much of the list was answered.
select i.id, i.school, s.name as school_name, i.by, i.opened_at, i.ended_at, jsonb_array_length(i.checklist) as to_check,
       (select count(*) from inspection_answer a where a.inspection = i.id and a.corrects is null)::integer as answered
from inspection i join school s on s.code = i.school
where ($1::text is null or i.school = $1) and ($2::text is null or s.district = $2)
    and (not $3::boolean or i.ended_at is null) and ($4::bigint is null or i.id < $4)
order by i.id desc limit $5;

-- name: answer
-- What was found of a rule; of two at once one is the first, and one correction of an answer wins.
insert into inspection_answer (inspection, rule, outcome, note, fact, by, answered_at, corrects, reason)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing returning id;

-- name: list_answers
-- All answers of a visit, those that were corrected, too.
select a.id, a.rule, a.outcome, a.note, a.fact, a.by, a.answered_at, a.corrects, a.reason,
       (select c.id from inspection_answer c where c.corrects = a.id) as corrected_by,
       (select count(*) from fact_photo p where p.fact = a.fact)::integer as photos
from inspection_answer a where a.inspection = $1 order by a.id;

-- name: end
-- The visit is over.
update inspection set ended_at = $2 where id = $1 and ended_at is null;
