-- name: insert
-- Two judges may make the same one.
insert into board_keyframe (position, at, board) values ($1, $2, $3) on conflict do nothing;

-- name: read_newest_position
-- From where on the next one is due.
select position from board_keyframe order by position desc limit 1;

-- name: find
-- The newest one that is not later than an instant and from which the log goes on.
select position, at, board from board_keyframe
where at <= $1 and position >= coalesce((select min(position) from log), 1) - 1 order by at desc, position desc limit 1;

-- name: read_first_at
-- Since when boards can be shown as they were.
select at from board_keyframe where position >= coalesce((select min(position) from log), 1) - 1 order by at limit 1;

-- name: list_positions
-- Those from before an instant.
select position from board_keyframe where at < $1 order by position;

-- name: drop_before_log
-- Those whose following rows were taken out of the log: with the rows that are left they would tell a wrong board.
delete from board_keyframe where position < (select min(position) from log) - 1;

-- name: drop
-- Some go.
delete from board_keyframe where position = any($1::bigint[]);
