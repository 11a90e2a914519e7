-- name: watch
-- Somebody looks at an incident; who was away for a while comes anew. Returns who else does, the first that came first:
-- pages say so each few seconds, so it is one question.
with here as (
    insert into watcher as w (incident, account, name, doing, since, seen_at)
    select id, $2::text, $3::text, $4::text, $5::timestamptz, $5 from incident where id = $1
    on conflict (incident, account) do update set
        name = excluded.name, doing = excluded.doing, seen_at = excluded.seen_at,
        since = case when w.seen_at > excluded.seen_at - $6::interval then w.since else excluded.since end
)
select name, doing, since from watcher
where incident = $1 and account <> $2 and seen_at > $5 - $6
order by since, account limit $7;

-- name: leave
-- Somebody does not look at it any more.
delete from watcher where incident = $1 and account = $2;

-- name: forget
-- Those who went without a word.
delete from watcher where seen_at < $1;
