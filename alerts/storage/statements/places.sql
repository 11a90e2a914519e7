-- name: places_of_school
-- A school lies in its district.
select district, code as school from school where code = $1;

-- name: places_of_device
-- A device is at its school.
select s.district, s.code as school from device d join school s on s.code = d.school where d.code = $1;

-- name: places_of_incident
-- An incident is at a school; one of a button that nobody knows is nowhere.
select district, school from incident where id = $1;

-- name: places_of_post
-- A post is a school's, a district's or the city's.
select coalesce(p.district, s.district) as district, p.school
from post p left join school s on s.code = p.school where p.code = $1;

-- name: places_of_person
-- A person is wherever they hold a post, and nowhere without one.
select distinct coalesce(p.district, s.district) as district, p.school
from person one left join holding h on h.person = one.code left join post p on p.code = h.post
    left join school s on s.code = p.school
where one.code = $1;

-- name: places_of_method
-- A way to reach a person is where they are.
select distinct coalesce(p.district, s.district) as district, p.school
from contact_method one left join holding h on h.person = one.person left join post p on p.code = h.post
    left join school s on s.code = p.school
where one.id = $1;

-- name: places_of_leave
-- So is their leave.
select distinct coalesce(p.district, s.district) as district, p.school
from leave one left join holding h on h.person = one.person left join post p on p.code = h.post
    left join school s on s.code = p.school
where one.id = $1;

-- name: places_of_hazard
-- A hazard is at a school.
select s.district, s.code as school from hazard h join school s on s.code = h.school where h.id = $1;

-- name: places_of_fact
-- A declared fact is about a school.
select s.district, s.code as school from declared_fact f join school s on s.code = f.school where f.id = $1;

-- name: places_of_inspection
-- A visit is to a school.
select s.district, s.code as school from inspection i join school s on s.code = i.school where i.id = $1;

-- name: places_of_check_point
-- A point to check in at is at a school.
select s.district, s.code as school from check_point c join school s on s.code = c.school where c.code = $1;

-- name: places_of_point
-- A point where devices hang is at a school.
select s.district, s.code as school from point p join school s on s.code = p.school where p.id = $1;

-- name: places_of_window
-- A window is a school's, a district's or the city's.
select coalesce(w.district, s.district) as district, w.school
from press_window w left join school s on s.code = w.school where w.id = $1;

-- name: places_of_day_exception
-- A day that differs is a school's, a district's or the city's.
select coalesce(d.district, s.district) as district, d.school
from day_exception d left join school s on s.code = d.school where d.id = $1;

-- name: places_of_shift_handover
-- A hand-over between shifts is a school's, a district's or the city's.
select coalesce(h.district, s.district) as district, h.school
from shift_handover h left join school s on s.code = h.school where h.id = $1;
