-- name: renew
-- A process that boards are connected to is alive; those that are not any more are forgotten with what they said. Returns
-- whether it is new, so that nobody knows what it says: at its start, or when a crash of the database forgot it.
with dead as (
    delete from watching_process where process <> $1 and seen_at <= $2::timestamptz - $3::interval
), gone as (
    delete from watching w where w.process <> $1 and not exists (
        select from watching_process p where p.process = w.process and p.seen_at > $2 - $3)
)
insert into watching_process (process, began_at, seen_at) values ($1, $2, $2)
on conflict (process) do update set seen_at = excluded.seen_at
returning began_at = seen_at;

-- name: find_incidents
-- Where incidents are, and whether they ring: an alarm that is open goes before what else is asked of who looks.
select id, district, school, mode = 'live' and state <> 'closed' as rings from incident where id = any($1::bigint[]);

-- name: say
-- Who is at incidents there, as one process says; nobody any more where it names nobody. Wakes the others.
with said as (
    select incident, people from json_to_recordset($2::json) as row (incident bigint, people json)
), gone as (
    delete from watching w using said s
    where w.incident = s.incident and w.process = $1 and json_array_length(s.people) = 0
), kept as (
    insert into watching (incident, process, people)
    select incident, $1, people from said where json_array_length(people) > 0
    on conflict (incident, process) do update set people = excluded.people
)
select pg_notify($3, '');

-- name: hear
-- Who is at incidents there, as the other processes say.
select incident, people from watching where incident = any($2::bigint[]) and process <> $1;
