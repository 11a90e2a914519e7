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
-- Windows that are not over, soonest first: all; or with a district ($2), or a school ($3), those that concern it, which
-- are its own, those of what it lies in, and those of what lies in it.
select *, police_notified_at is not null and police_notified_at < starts_at as announced_to_police
from press_window where ends_at > $1 and ends_at > starts_at + interval '1 microsecond'
    and ($2::text is null or num_nonnulls(district, school) = 0 or district = $2
         or school in (select code from school where district = $2))
    and ($3::text is null or num_nonnulls(district, school) = 0 or school = $3
         or district = (select s.district from school s where s.code = $3))
order by starts_at, id;

-- name: list_over
-- Windows that are over, also before they began, newest first, a page at a time: all; or with a district ($4), or a school ($5), those in it.
select *, police_notified_at is not null and police_notified_at < starts_at as announced_to_police
from press_window
where (ends_at <= $1 or ends_at <= starts_at + interval '1 microsecond') and ($2::bigint is null or id < $2)
    and ($4::text is null or district = $4 or school in (select code from school where district = $4))
    and ($5::text is null or school = $5)
order by id desc limit $3;

-- name: find
-- One window, also one that is over.
select *, police_notified_at is not null and police_notified_at < starts_at as announced_to_police
from press_window where id = $1;
