-- name: take_turn
-- One change of schedules at a time.
select pg_advisory_xact_lock(hashtext('campus.schedules'));

-- name: find_last_closed
-- The last day that was closed.
select max(on_date) from closed_day;

-- name: insert_timetable
-- It holds from a day on.
insert into timetable (school_kind, school, valid_from, valid_until, definition, saved_by, saved_at)
values ($1, $2, $3, $4, $5::jsonb, $6, $7) returning id;

-- name: drop_timetables
-- What would only begin then never held; the log tells of it.
delete from timetable
where school_kind is not distinct from $1::school_kind and school is not distinct from $2::text and valid_from >= $3;

-- name: end_timetables
-- What holds ends the day before.
update timetable set valid_until = $3::date - 1
where school_kind is not distinct from $1::school_kind and school is not distinct from $2::text
  and valid_from < $3 and (valid_until is null or valid_until >= $3);

-- name: drop_timetable
-- It would only begin then.
delete from timetable where id = $1 and valid_from >= $2;

-- name: end_timetable
-- It ends the day before.
update timetable set valid_until = $2::date - 1 where id = $1 and (valid_until is null or valid_until >= $2);

-- name: find_timetable
-- One timetable.
select id, school_kind, school, valid_from, valid_until, definition::text, saved_by, saved_at
from timetable where id = $1;

-- name: list_timetables
-- A page of timetables, the newest first.
select id, school_kind, school, valid_from, valid_until, definition::text, saved_by, saved_at from timetable
where ($1::text is null or school = $1) and ($2::school_kind is null or school_kind = $2)
  and ($3::date is null or valid_from <= $3 and (valid_until is null or valid_until >= $3))
  and ($4::bigint is null or id < $4)
order by id desc limit $5;

-- name: list_place_timetables
-- What exactly this place keeps from a day on.
select id, school_kind, school, valid_from, valid_until, definition::text, saved_by, saved_at from timetable
where school_kind is not distinct from $1::school_kind and school is not distinct from $2::text
  and (valid_until is null or valid_until >= $3)
order by valid_from, id;

-- name: insert_term
-- A term.
insert into school_term (name, first_on, last_on, school, saved_by, saved_at) values ($1, $2, $3, $4, $5, $6)
returning id;

-- name: update_term
-- Its days anew; whose it is stays.
update school_term set name = $2, first_on = $3, last_on = $4, saved_by = $6, saved_at = $7
where id = $1 and school is not distinct from $5::text;

-- name: delete_term
-- It never was.
delete from school_term where id = $1;

-- name: find_term
-- One term.
select id, name, first_on, last_on, school, saved_by, saved_at from school_term where id = $1;

-- name: list_terms
-- A page of terms, the newest first.
select id, name, first_on, last_on, school, saved_by, saved_at from school_term
where ($1::text is null or school = $1) and (not $2::boolean or school is null) and ($3::bigint is null or id < $3)
order by id desc limit $4;

-- name: insert_exception
-- Days that are otherwise.
insert into day_exception (kind, first_on, last_on, district, school, closes, level, reason, saved_by, saved_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id;

-- name: end_exception
-- Days that are over keep it; one that has not begun is taken back whole.
update day_exception set
    last_on = case when first_on < $2 then least(last_on, $2::date - 1) else last_on end,
    retired_by = case when first_on < $2 then retired_by else $3 end,
    retired_at = case when first_on < $2 then retired_at else $4 end
where id = $1;

-- name: find_exception
-- One that was not taken back.
select * from day_exception where id = $1 and retired_at is null;

-- name: list_exceptions
-- A page of those that were not taken back, the newest first.
select * from day_exception
where retired_at is null and ($1::text is null or school = $1) and ($2::text is null or district = $2)
  and ($3::date is null or last_on >= $3) and ($4::bigint is null or id < $4)
order by id desc limit $5;
