-- name: read_rows
-- Everything that the log says of some incidents, a page at a time, up to a position.
select position, at, actor, subject, kind, body::text as body, previous_hash, hash
from log where subject = any($1::text[]) and position > $2 and position <= $3 order by position limit $4;

-- name: list_window_incidents
-- Incidents that opened in a stretch of the log at the places of a window: its own, and what rang live there meanwhile.
select substr(subject, length('incident:') + 1)::bigint as incident
from log
where position >= $1 and position <= $2 and kind = 'incident.opened'
    and body #>> '{incident,mode}' in ($3, 'live')
    and ($4::text is null or body #>> '{incident,district}' = $4)
    and ($5::text is null or body #>> '{incident,school}' = $5)
    and (body #>> '{incident,opened_at}')::timestamptz between $6 and $7
order by position;

-- name: read_row
-- The row at a position: its hash says which log a report was made from.
select position, at, hash from log where position = $1;

-- name: read_zone
-- The clock that a school's people read.
select zone from school where code = $1;
