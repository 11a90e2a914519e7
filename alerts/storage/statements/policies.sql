-- name: list_newest
-- The newest saved policy of each mode; a mode without one follows the built-in.
select distinct on (mode) mode, version, definition::text as definition, saved_by, saved_at
from policy order by mode, version desc;

-- name: save
-- A new version; running incidents keep their own copy of the old one.
insert into policy (mode, version, definition, saved_by, saved_at)
select $1, coalesce(max(version), 0) + 1, $2::jsonb, $3, $4 from policy where mode = $1
returning version;

-- name: announce_window
-- In it, and only in it, presses of its schools may be tests or drills.
insert into press_window (mode, district, school, starts_at, ends_at, announced_by, announced_at, note)
values ($1, $2, $3, $4, $5, $6, $7, $8) returning id;

-- name: end_window
-- Ends a window early; one that has not begun is over before it starts.
update press_window set ends_at = greatest($2, starts_at + interval '1 microsecond') where id = $1 and ends_at > $2
returning id;

-- name: list_windows
-- Windows that are not over, soonest first.
select id, mode, district, school, starts_at, ends_at, announced_by, announced_at, note
from press_window where ends_at > $1 order by starts_at, id;
