-- name: report
-- A part of the service is alive, and whole since when.
insert into service_pulse (service, name, lane, since, seen_at)
values ($1, $2, $3, $4, clock_timestamp() + $5::interval)
on conflict (service, name, lane) do update set since = excluded.since, seen_at = excluded.seen_at;

-- name: read_secret
-- A secret that all processes share.
select value from service_secret where name = $1;

-- name: list_fresh
-- Which parts are alive, and the longest that one of each kind has been whole.
select service, lane, min(since) as since from service_pulse
where seen_at > clock_timestamp() + $1::interval - $2::interval group by service, lane;
