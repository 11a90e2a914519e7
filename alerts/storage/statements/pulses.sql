-- name: report
-- A part of the service is alive, and whole since when.
insert into service_pulse (service, name, lane, since, seen_at)
values ($1, $2, $3, $4, clock_timestamp() + $5::interval)
on conflict (service, name, lane) do update set since = excluded.since, seen_at = excluded.seen_at;

-- name: report_listening
-- A lane hears the broker. Where none of its kind did for long before, or could store it, nobody heard devices meanwhile: that
-- is kept, and told once. It ends now at the latest, however wrong a gateway's clock is.
with before as (
    select max(seen_at) as seen_at, least($7::timestamptz, clock_timestamp() + $4::interval) as heard_at
    from service_pulse where service = 'gateway' and lane = $2
), deaf as (
    insert into deaf_span (began_at, ended_at)
    select seen_at, heard_at from before where $2 = any($5::text[]) and seen_at < heard_at - $6::interval
    on conflict do nothing
    returning began_at, ended_at
)
insert into service_pulse (service, name, lane, since, seen_at)
values ('gateway', $1, $2, $3, clock_timestamp() + $4::interval)
on conflict (service, name, lane) do update set since = excluded.since, seen_at = excluded.seen_at
returning (select began_at from deaf) as deaf_since, (select ended_at from deaf) as deaf_until;

-- name: mark_deaf
-- Every school is judged anew on each day of a stretch of time, by what looks at devices.
insert into compliance_stale (school, input, on_date, wide)
select s.code, 'devices', day::date, true
from school s cross join lateral generate_series(
    ($1::timestamptz at time zone s.zone)::date, ($2::timestamptz at time zone s.zone)::date, interval '1 day') as day
order by s.code, day;

-- name: read_deaf_since
-- Since when nobody hears devices, if that is so for long.
select min(seen_at) from (
    select max(seen_at) as seen_at from service_pulse where service = 'gateway' and lane = any($2::text[]) group by lane
) as last where seen_at < $1::timestamptz - $3::interval;

-- name: list_deaf
-- When nobody heard devices, of a stretch of time, at whose end it may go on.
select began_at, ended_at from deaf_span where ended_at > $1 and began_at < $2
union all
select max(seen_at), $2 from service_pulse where service = 'gateway' and lane = any($3::text[])
group by lane having max(seen_at) < $2 - $4::interval;

-- name: read_secret
-- A secret that all processes share.
select value from service_secret where name = $1;

-- name: list_fresh
-- Which parts are alive, and the longest that one of each kind has been whole.
select service, lane, min(since) as since from service_pulse
where seen_at > clock_timestamp() + $1::interval - $2::interval group by service, lane;
