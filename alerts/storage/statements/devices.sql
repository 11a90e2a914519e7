-- name: take_states
-- What devices say of themselves. Only registered ones have a row; the answer names them. `seen` is false for a
-- retained copy and for a last will: neither is a sign of life.
insert into device_status as s (device, last_seen_at, silent_at, said_online, said_at, boot, firmware, battery, mains, tamper,
                                rssi, interval_seconds, unjudged)
select d.code, case when seen then row.at end,
       case when seen then row.at + make_interval(secs => least(
           coalesce(row.interval_seconds, d.interval_seconds) * $2::double precision, $3::double precision)) end,
       row.online, row.at, row.boot, row.firmware, row.battery, row.mains, row.tamper, row.rssi, row.interval_seconds, true
from json_to_recordset($1::json) as row (
    device text, at timestamptz, seen boolean, online boolean, boot text, firmware text, battery smallint, mains boolean,
    tamper boolean, rssi smallint, interval_seconds integer)
join device d on d.code = row.device
order by d.code
on conflict (device) do update set
    last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at),
    silent_at = greatest(s.silent_at, excluded.silent_at),
    said_online = excluded.said_online, said_at = excluded.said_at,
    boot = coalesce(excluded.boot, s.boot), firmware = coalesce(excluded.firmware, s.firmware),
    battery = coalesce(excluded.battery, s.battery), mains = coalesce(excluded.mains, s.mains),
    tamper = coalesce(excluded.tamper, s.tamper), rssi = coalesce(excluded.rssi, s.rssi),
    interval_seconds = coalesce(excluded.interval_seconds, s.interval_seconds), unjudged = true
returning device;

-- name: take_signs_of_life
-- A second's worth of beats in one statement. A row is left to the engine only when a beat changes what it would judge;
-- a beat from before a last will does not raise the dead.
insert into device_status as s (device, last_seen_at, silent_at, said_online, battery, mains, rssi, unjudged)
select d.code, row.at,
       row.at + make_interval(secs => least(
           coalesce(known.interval_seconds, d.interval_seconds) * $2::double precision, $3::double precision)),
       true, row.battery, row.mains, row.rssi, true
from json_to_recordset($1::json) as row (
    device text, at timestamptz, battery smallint, mains boolean, rssi smallint)
join device d on d.code = row.device
left join device_status known on known.device = d.code
order by d.code
on conflict (device) do update set
    last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at),
    silent_at = greatest(s.silent_at, excluded.silent_at),
    said_online = s.said_online is not false or excluded.last_seen_at > s.said_at,
    battery = coalesce(excluded.battery, s.battery), mains = coalesce(excluded.mains, s.mains),
    rssi = coalesce(excluded.rssi, s.rssi),
    unjudged = s.unjudged or s.link <> 'online'
        or excluded.battery is distinct from s.battery and excluded.battery is not null
        or excluded.mains is distinct from s.mains and excluded.mains is not null;

-- name: claim_unjudged
-- Devices about which there is something to decide: a new fact, or a silence that is long enough since we listen. A
-- blackout whose next row is due also takes in who would be silent before the row after it, so that nobody waits for it.
select s.device, d.school, sc.district, p.name as point, s.last_seen_at,
       case when due.early then s.silent_at - least($4::interval, (s.silent_at - s.last_seen_at) / 3)
            else s.silent_at end as silent_at,
       s.said_online, s.battery, s.mains, s.tamper, s.link, s.troubles, s.since, s.blackout
from (
    select device, bool_or(early) as early
    from (
        select device, false as early from device_status where unjudged
        union all
        select device, false from device_status
        where link = 'online' and silent_at <= $1::timestamptz
            and greatest(silent_at, $2::timestamptz + (silent_at - last_seen_at)) <= $1
        union all
        select near.device, true
        from device_status near join device d on d.code = near.device join school sc on sc.code = d.school
        where near.link = 'online' and near.silent_at <= $1 + $4
            and greatest(near.silent_at, $2 + (near.silent_at - near.last_seen_at))
                <= $1 + least($4, (near.silent_at - near.last_seen_at) / 3)
            and exists (
                select from blackout b
                where b.ended_at is null and b.joins_until > $1 and b.due_at <= $1
                    and b.scope in ('city', 'district:' || sc.district, 'school:' || sc.code))
    ) as found
    group by device order by device limit $3
) as due
join device_status s on s.device = due.device
join device d on d.code = s.device
join school sc on sc.code = d.school
join point p on p.id = d.point
order by s.device
for no key update of s skip locked;

-- name: save_judgements
-- What the engine decided; a fact that came in meanwhile sets `unjudged` again.
update device_status set link = row.link, troubles = row.troubles, since = row.since, blackout = row.blackout,
    unjudged = false
from json_to_recordset($1::json) as row (
    device text, link device_link, troubles text[], since timestamptz, blackout bigint)
where device_status.device = row.device;

-- name: add_transitions
-- What became of devices, for whoever asks later how long they were not heard.
insert into device_transition (device, at, link, troubles)
select device, at, link, troubles
from json_to_recordset($1::json) as row (device text, at timestamptz, link device_link, troubles text[]);
