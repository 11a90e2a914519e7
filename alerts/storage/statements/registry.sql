-- name: take_import_turn
-- One import at a time, so that what was checked against the registry still holds when it is written.
select pg_advisory_xact_lock(hashtext('campus.import'));

-- name: take_school_items_turn
-- Whoever puts schools into the log reads them and writes them in turn, so that the last one written is the newest.
select pg_advisory_xact_lock(hashtext('campus.school_items'));

-- name: list_districts
-- All of them, they are few.
select code, name, name_en, position from district order by position, code;

-- name: save_districts
-- New ones, and new names of known ones.
insert into district (code, name, name_en, position)
select code, name, name_en, position
from json_to_recordset($1::json) as row (code text, name text, name_en text, position integer)
on conflict (code) do update set name = excluded.name, name_en = excluded.name_en, position = excluded.position;

-- name: find_groups
-- Those of the named education groups that are registered.
select code, name from education_group where code = any($1::text[]);

-- name: save_groups
-- New ones, and new names of known ones.
insert into education_group (code, name)
select code, name from json_to_recordset($1::json) as row (code text, name text)
on conflict (code) do update set name = excluded.name;

-- name: find_schools
-- Those of the named schools that are registered.
select code, district, name, kind, ownership, students, boarders, address, latitude, longitude,
       group_code as "group", head_school, zone
from school where code = any($1::text[]);

-- name: list_school_districts
-- Where every school is.
select code, district from school;

-- name: save_schools
-- New ones whole, known ones anew; a head school may follow later in the transaction.
insert into school (code, district, name, kind, ownership, students, boarders, address, latitude, longitude, group_code,
                    head_school, zone)
select code, district, name, kind, ownership, students, boarders, address, latitude, longitude, "group", head_school, zone
from json_to_recordset($1::json) as row (
    code text, district text, name text, kind school_kind, ownership ownership, students integer, boarders integer,
    address text, latitude double precision, longitude double precision, "group" text, head_school text, zone text)
on conflict (code) do update set
    district = excluded.district, name = excluded.name, kind = excluded.kind, ownership = excluded.ownership,
    students = excluded.students, boarders = excluded.boarders, address = excluded.address,
    latitude = excluded.latitude, longitude = excluded.longitude, group_code = excluded.group_code,
    head_school = excluded.head_school, zone = excluded.zone;

-- name: find_points
-- Every point of the named schools.
select school, kind, name from point where school = any($1::text[]);

-- name: save_points
-- New ones, and new kinds of known ones.
insert into point (school, kind, name)
select school, kind, name from json_to_recordset($1::json) as row (school text, kind point_kind, name text)
on conflict (school, name) do update set kind = excluded.kind;

-- name: find_devices
-- Those of the named devices that are registered.
select d.code, d.school, p.name as point, d.interval_seconds, d.role,
       array(select o.output from device_output o where o.device = d.code order by o.output) as outputs
from device d join point p on p.id = d.point where d.code = any($1::text[]);

-- name: save_devices
-- New ones, and known ones that moved, promise another interval or are for something else; their points are registered
-- before.
insert into device (code, school, point, interval_seconds, role)
select row.code, row.school, p.id, row.interval_seconds, row.role
from json_to_recordset($1::json) as row (
    code text, school text, point text, interval_seconds integer, role device_role)
join point p on p.school = row.school and p.name = row.point
on conflict (code) do update set
    school = excluded.school, point = excluded.point, interval_seconds = excluded.interval_seconds, role = excluded.role;

-- name: find_cameras
-- Every camera of the named schools.
select c.school, c.name, c.address, p.name as point
from camera c left join point p on p.id = c.point where c.school = any($1::text[]) order by c.school, c.name;

-- name: save_cameras
-- New ones, and known ones with another link or another point; their points are registered before.
insert into camera (school, name, address, point)
select row.school, row.name, row.address, p.id
from json_to_recordset($1::json) as row (school text, name text, address text, point text)
left join point p on p.school = row.school and p.name = row.point
on conflict (school, name) do update set address = excluded.address, point = excluded.point;

-- name: remove_cameras
-- Those that are not there any more.
delete from camera c using json_to_recordset($1::json) as row (school text, name text)
where c.school = row.school and c.name = row.name;

-- name: find_people
-- Those of the named people who are registered.
select code, name, phone from person where code = any($1::text[]);

-- name: save_people
-- New ones, and known ones with another name or number.
insert into person (code, name, phone)
select code, name, phone from json_to_recordset($1::json) as row (code text, name text, phone text)
on conflict (code) do update set name = excluded.name, phone = excluded.phone;

-- name: find_posts
-- Those of the named posts that are registered.
select code, kind, name, district, school from post where code = any($1::text[]);

-- name: save_posts
-- New ones, and known ones whose school or district has another name now.
insert into post (code, kind, name, district, school)
select code, kind, name, district, school
from json_to_recordset($1::json) as row (code text, kind post_kind, name text, district text, school text)
on conflict (code) do update set
    kind = excluded.kind, name = excluded.name, district = excluded.district, school = excluded.school;

-- name: find_holdings
-- All posts that the named people hold.
select post, person, rank from holding where person = any($1::text[]);

-- name: save_holdings
-- New ones, and known ones with another place in the order of calling.
insert into holding (post, person, rank)
select post, person, rank from json_to_recordset($1::json) as row (post text, person text, rank integer)
on conflict (post, person) do update set rank = excluded.rank;

-- name: refresh_statistics
-- After an import the planner must not guess: presses come at once, the server's own round only minutes later.
analyze district, school, point, device, device_status, person, post, holding, contact_method, deputy, certificate;
