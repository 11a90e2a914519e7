-- name: lock_point
-- A point, locked: of two people who change its pictures at once, one comes after the other.
select school, name from point where id = $1 for no key update;

-- name: read_sha256
-- By what a picture is known that is there already.
select sha256 from point_picture where point = $1 and kind = $2;

-- name: save_picture
-- A new one, or another one in the place of the one before.
insert into point_picture (point, kind, content, width, height, sha256, saved_by, saved_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (point, kind) do update set
    content = excluded.content, width = excluded.width, height = excluded.height, sha256 = excluded.sha256,
    saved_by = excluded.saved_by, saved_at = excluded.saved_at;

-- name: remove_picture
-- It is not there any more; the log knows that it was.
delete from point_picture where point = $1 and kind = $2 returning sha256;

-- name: read_picture
-- A picture; without its content for who has it already.
select sha256, case when sha256 = $3 then null else content end as content from point_picture where point = $1 and kind = $2;

-- name: list_pictures
-- The pictures of a school's points, or of one of them; the sketch before the photo.
select p.name as place, i.point, i.kind, i.width, i.height, i.sha256, i.saved_at
from point p join point_picture i on i.point = p.id
where p.school = $1 and ($2::text is null or p.name = $2)
order by p.name, i.kind;

-- name: list_cameras_at
-- Cameras that look at a point, then those of its school as a whole.
select c.school, c.name, c.address, p.name as point
from camera c left join point p on p.id = c.point
where c.school = $1 and (c.point is null or p.name = $2)
order by c.point nulls last, c.name;
