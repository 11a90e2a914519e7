-- name: read
-- What messages say that are not about an incident.
select id, kind, title, text, sent_by, sent_at from notice where id = any($1::bigint[]);

-- name: insert
-- A notice, before its messages.
insert into notice (kind, title, text, sent_by, sent_at) values ($1, $2, $3, $4, $5) returning id;
