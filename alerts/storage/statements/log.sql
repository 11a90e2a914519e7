-- name: append
-- The only door into the log; always the last statement of its transaction.
select append_log($1, $2::text[], $3::text[], $4::text[], $5::text[]);

-- name: read_after
-- The change feed: rows after a position in order, a page at a time.
select position, at, actor, subject, kind, body::text as body, previous_hash, hash
from log where position > $1 order by position limit $2;

-- name: read_kinds
-- Rows of some kinds in a span of positions, for a reader whom the rest does not concern.
select position, at, subject, kind from log
where position > $1 and position <= $2 and kind = any($3::text[]) order by position;

-- name: read_head
-- Where the log ends; its own row, so that a cut tail shows.
select position, hash from log_head;

-- name: read_of_subject
-- The timeline of one thing; the first position lets PostgreSQL skip older partitions.
select position, at, actor, subject, kind, body::text as body, previous_hash, hash
from log where subject = $1 and position >= $2 order by position limit $3;

-- name: start_reader
-- A reader that is new begins at the head: what was before it is not its news.
insert into log_reader (name, position) select $1, position from log_head on conflict (name) do nothing;

-- name: claim_reader
-- One worker a reader at a time; a second one passes by instead of waiting.
select position from log_reader where name = $1 for update skip locked;

-- name: move_reader
-- What is behind the position is done.
update log_reader set position = $2 where name = $1;
