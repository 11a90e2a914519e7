-- name: list_days
-- Entered days between two dates that count for these schools or districts, and the city's.
select c.id, c.on_date as "on", c.district, c.school, c.kind, c.name, c.saved_by, c.saved_at
from calendar_day c
where c.on_date between $1 and $2
  and (c.district is null and c.school is null or c.district = any($3::text[]) or c.school = any($4::text[]))
order by c.on_date, c.school is not null, c.district is not null, c.id;

-- name: save_day
-- A day as its place keeps it; saying it again changes it.
insert into calendar_day (on_date, district, school, kind, name, saved_by, saved_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (on_date, district, school) do update set
    kind = excluded.kind, name = excluded.name, saved_by = excluded.saved_by, saved_at = excluded.saved_at
returning id;

-- name: remove_day
-- The day is again what the wider calendar says.
delete from calendar_day where on_date = $1 and district is not distinct from $2 and school is not distinct from $3
returning id;

-- name: list_years
-- Years whose days people entered whole.
select year from calendar_year order by year;

-- name: save_year
-- A year is complete.
insert into calendar_year (year, saved_by, saved_at) values ($1, $2, $3) on conflict do nothing returning year;

-- name: remove_year
-- It is not, after all.
delete from calendar_year where year = $1 returning year;

-- name: claim_warning
-- One engine a day tells that a year is unknown.
update calendar_warning set due_at = $2 where due_at <= $1
    and one = (select one from calendar_warning for no key update skip locked) returning one;

-- name: find_school_place
-- The district of a school, and its zone.
select district, zone from school where code = $1;
