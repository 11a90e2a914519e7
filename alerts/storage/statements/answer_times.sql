-- name: take_openings
-- One row an incident, from the log's rows in a span; read again, nothing changes.
insert into answer_time (incident, mode, category, school, district, opened_at, on_date, hour)
select (one ->> 'id')::bigint, (one ->> 'mode')::press_mode, (one ->> 'category')::incident_category, one ->> 'school',
       one ->> 'district', opened_at, clock.at::date, extract(hour from clock.at)
from (
    select body -> 'incident' as one, (body #>> '{incident,opened_at}')::timestamptz as opened_at
    from log where position > $1 and position <= $2 and kind = 'incident.opened'
) as opening
left join school on school.code = one ->> 'school'
cross join lateral (select opened_at at time zone coalesce(school.zone, 'Asia/Shanghai') as at) as clock
on conflict (incident) do nothing;

-- name: take_moves
-- Who took or went first counts, and the first closing; the same rows again change nothing.
update answer_time a set
    taken_at = least(a.taken_at, move.taken_at), responding_at = least(a.responding_at, move.responding_at),
    closed_at = least(a.closed_at, move.closed_at)
from (
    select substr(subject, length('incident:') + 1)::bigint as incident,
           min(at) filter (where kind in ('incident.acknowledged', 'incident.responding')) as taken_at,
           min(at) filter (where kind = 'incident.responding') as responding_at,
           min(at) filter (where kind = 'incident.closed') as closed_at
    from log
    where position > $1 and position <= $2
        and kind in ('incident.acknowledged', 'incident.responding', 'incident.closed')
    group by subject
) as move
where a.incident = move.incident;

-- name: forget
-- All of it can be counted anew from the log.
truncate answer_time;

-- name: rewind
-- The reader begins anew, and nobody else reads meanwhile.
update log_reader set position = 0 where name = $1;

-- name: read_position
-- How far the log is counted.
select position from log_reader where name = $1;

-- name: summarise
-- Shares and percentiles by group, in the order of their keys; what was never taken took for ever.
with counted as (
    select extract(epoch from taken_at - opened_at)::float8 as seconds, taken_at, school, district,
           case $5::text when 'district' then coalesce(district, '') when 'school' then coalesce(school, '')
                when 'hour' then to_char(hour, 'FM00') when 'day' then on_date::text else '' end as key
    from answer_time
    where mode = $1 and on_date between $2 and $3 and (taken_at is not null or opened_at <= $4)
        and ($6::text is null or district = $6) and ($7::text is null or school = $7)
), grouped as (
    select key, count(*) as incidents, count(taken_at) as taken, count(*) filter (where seconds <= 30) as within_30,
           count(*) filter (where seconds <= 60) as within_60,
           percentile_disc(array[0.5, 0.9, 0.985]) within group (order by coalesce(seconds, 'infinity'::float8)) as at,
           max(seconds) as longest_seconds
    from counted where $8::text is null or key > $8 group by key order by key limit $9
)
select key, coalesce(case $5::text when 'district' then d.name when 'school' then s.name end, key) as name, incidents,
       taken, within_30, within_60, within_30::float8 / incidents as share_within_30,
       within_60::float8 / incidents as share_within_60, nullif(at[1], 'infinity'::float8) as p50_seconds,
       nullif(at[2], 'infinity'::float8) as p90_seconds, nullif(at[3], 'infinity'::float8) as p985_seconds,
       longest_seconds
from grouped
left join district d on d.code = key and $5::text = 'district'
left join school s on s.code = key and $5::text = 'school'
order by key;
