-- name: watch
-- Somebody looks at an incident; who was away for a while comes anew.
insert into watcher as w (incident, account, name, doing, since, seen_at) select id, $2::text, $3::text, $4::text, $5::timestamptz, $5 from incident where id = $1
on conflict (incident, account) do update set
    name = excluded.name, doing = excluded.doing, seen_at = excluded.seen_at,
    since = case when w.seen_at > excluded.seen_at - $6::interval then w.since else excluded.since end;

-- name: list_others
-- Who else looks at it, the first that came first.
select name, doing, since from watcher
where incident = $1 and account <> $2 and seen_at > $3::timestamptz - $4::interval
order by since, account limit $5;

-- name: leave
-- Somebody does not look at it any more.
delete from watcher where incident = $1 and account = $2;

-- name: forget
-- Those who went without a word.
delete from watcher where seen_at < $1;
