-- name: insert
-- Two judges may make the same one.
insert into board_keyframe (position, at, board) values ($1, $2, $3) on conflict do nothing;

-- name: read_newest_position
-- From where on the next one is due.
select position from board_keyframe order by position desc limit 1;

-- name: find
-- The newest one that is not later than an instant.
select position, at, board from board_keyframe where at <= $1 order by at desc, position desc limit 1;

-- name: read_first_at
-- Since when boards can be shown as they were.
select at from board_keyframe order by at limit 1;
