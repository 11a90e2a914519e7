-- name: announce
-- In it, and only in it, presses of its schools may be tests or drills.
insert into press_window (mode, district, school, starts_at, ends_at, announced_by, announced_at, note,
                          police_notified_at, police_notified_by, police_notified_how, police_reference)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, coalesce($12, '')) returning id;

-- name: end
-- Ends a window early; one that has not begun is over before it starts.
update press_window set ends_at = greatest($2, starts_at + interval '1 microsecond') where id = $1 and ends_at > $2
returning id;

-- name: notify_police
-- 110 was told of a window; the first notice stands.
update press_window set police_notified_at = $2, police_notified_by = $3, police_notified_how = $4, police_reference = $5
where id = $1 and police_notified_at is null and ends_at > $2 returning id;

-- name: list
-- Windows that are not over, soonest first.
select *, police_notified_at is not null and police_notified_at < starts_at as announced_to_police
from press_window where ends_at > $1 order by starts_at, id;

-- name: list_over
-- Windows that are over, newest first, a page at a time.
select *, police_notified_at is not null and police_notified_at < starts_at as announced_to_police
from press_window where ends_at <= $1 and ($2::bigint is null or id < $2) order by id desc limit $3;

-- name: find
-- One window, also one that is over.
select *, police_notified_at is not null and police_notified_at < starts_at as announced_to_police
from press_window where id = $1;
