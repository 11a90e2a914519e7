-- name: lock_devices
-- Where the devices are that get a credential; whoever else issues one for them waits.
select d.code as device, s.district, d.school,
       (select c.user_name from device_credential c where c.device = d.code and c.ends_at is null and c.ended_at is null)
           as user_name,
       (select c.user_name from device_credential c where c.device = d.code and c.ended_at is null and c.ends_at > $2)
           as former
from device d join school s on s.code = d.school
where d.code = any($1::text[]) order by d.code for no key update of d;

-- name: end_by_name
-- A name is given anew: what was good by it is not, whatever was promised.
update device_credential set ended_at = $2 where user_name = any($1::text[]) and ended_at is null;

-- name: supersede
-- The one before is good for a while beside the new one, or not at all.
update device_credential set ends_at = $2::timestamptz, ended_at = case when $2 <= $3 then $3::timestamptz end
where device = any($1::text[]) and ends_at is null and ended_at is null;

-- name: save_credentials
-- New ones; of each device the one that counts.
insert into device_credential (device, user_name, bcrypt_hash, pbkdf2_hash, district, school, issued_at, issued_by)
select device, user_name, bcrypt_hash, pbkdf2_hash, district, school, $2, $3
from json_to_recordset($1::json) as row (
    device text, user_name text, bcrypt_hash text, pbkdf2_hash text, district text, school text);

-- name: forget_refused
-- Somebody saw to these devices.
delete from refused_sign_in where device = any($1::text[]);

-- name: revoke
-- From now on a device comes in by none.
update device_credential set ended_at = $2, revoked = true
where device = $1 and ended_at is null and (ends_at is null or ends_at > $2) returning user_name;

-- name: end_previous
-- The device has its new one: the one before need not be good any longer.
update device_credential set ended_at = $2
where device = $1 and ended_at is null and ends_at > $2 returning user_name;

-- name: knows_device
-- Whether the registry has it.
select exists (select from device where code = $1);

-- name: list_good
-- What is good now, and where each device is.
select c.user_name, c.device, c.bcrypt_hash, c.pbkdf2_hash, c.district, c.school,
       s.district as district_now, d.school as school_now
from device_credential c join device d on d.code = c.device join school s on s.code = d.school
where c.ended_at is null and (c.ends_at is null or c.ends_at > $1) order by c.user_name;

-- name: find_good
-- The one that is good now under a name.
select c.user_name, c.device, c.bcrypt_hash, c.pbkdf2_hash, c.district, c.school,
       s.district as district_now, d.school as school_now
from device_credential c join device d on d.code = c.device join school s on s.code = d.school
where c.user_name = $2 and c.ended_at is null and (c.ends_at is null or c.ends_at > $1);

-- name: list_issued_devices
-- Devices that have, or had, a credential of ours: no other list speaks for them.
select distinct device from device_credential;

-- name: read_edition
-- Changes whenever what is good, or where devices are, does.
select r.changes as registry, count(c.id) as good, coalesce(max(c.id), 0) as newest, coalesce(sum(c.id), 0)::bigint as total
from registry_state r
left join device_credential c on c.ended_at is null and (c.ends_at is null or c.ends_at > $1)
group by r.changes;

-- name: note_used
-- Sign-ins that a broker told of.
update device_credential c set used_at = greatest(c.used_at, u.at)
from unnest($1::text[], $2::timestamptz[]) as u (user_name, at)
where c.user_name = u.user_name and c.ended_at is null;

-- name: note_refused
-- Somebody was refused; a name that is none of ours is not kept, for anybody may make names up. `first` is news.
insert into refused_sign_in as r (user_name, device, address, first_at, last_at, attempts)
select case when d.code is null then '' else u.user_name end, d.code, (array_agg(u.address order by u.at desc))[1],
       min(u.at), max(u.at), count(*)
from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) as u (user_name, device, address, at)
left join device d on d.code = u.device
group by 1, 2
on conflict (user_name) do update set address = excluded.address, last_at = greatest(r.last_at, excluded.last_at),
    attempts = r.attempts + excluded.attempts
returning device, user_name, address, (xmax = 0) as first;

-- name: list_credentials
-- Devices with how they stand, by code.
select d.code as device, d.school, s.name as school_name, s.district, p.name as point,
       n.user_name, n.issued_at, n.issued_by, n.used_at, o.user_name as old_user_name, o.ends_at as old_ends_at,
       o.used_at as old_used_at, l.ended_at, coalesce(l.revoked, false) as revoked, l.issued,
       st.last_seen_at as heard_at, f.last_at as refused_at, f.address as refused_address,
       coalesce(f.attempts, 0) as refused
from device d
join school s on s.code = d.school
join point p on p.id = d.point
left join device_status st on st.device = d.code
left join lateral (select * from device_credential c
    where c.device = d.code and c.ends_at is null and c.ended_at is null) n on true
left join lateral (select * from device_credential c
    where c.device = d.code and c.ended_at is null and c.ends_at > $1) o on true
left join lateral (select coalesce(c.ended_at, c.ends_at) as ended_at, c.revoked, true as issued from device_credential c
    where c.device = d.code order by c.id desc limit 1) l on true
left join lateral (select max(r.last_at) as last_at, sum(r.attempts)::bigint as attempts,
    (array_agg(r.address order by r.last_at desc))[1] as address from refused_sign_in r where r.device = d.code) f on true
where d.code > $2 and ($4::text is null or s.district = $4) and ($5::text is null or d.school = $5)
  and ($6::text is null or case $6
        when 'none' then l.issued is null
        when 'current' then n.id is not null and o.id is null
        when 'changing' then o.id is not null and n.id is not null
        when 'ended' then l.issued and n.id is null
        when 'trying' then f.last_at is not null
        when 'unused' then n.id is not null and n.used_at is null
            and (st.last_seen_at is null or st.last_seen_at < n.issued_at) end)
order by d.code limit $3;

-- name: count_credentials
-- Devices of a place by how they stand, and those that are refused.
select count(*) as devices, count(*) filter (where n.id is not null) as good,
       count(*) filter (where o.id is not null and n.id is not null) as changing,
       count(*) filter (where n.id is null and l.issued) as ended,
       count(*) filter (where f.tries) as trying
from device d
left join lateral (select c.id from device_credential c
    where c.device = d.code and c.ends_at is null and c.ended_at is null) n on true
left join lateral (select c.id from device_credential c
    where c.device = d.code and c.ended_at is null and c.ends_at > $1) o on true
left join lateral (select true as issued from device_credential c where c.device = d.code limit 1) l on true
left join lateral (select true as tries from refused_sign_in r where r.device = d.code limit 1) f on true;

-- name: read_nameless
-- Refused without a name that is ours.
select last_at, address, attempts from refused_sign_in where user_name = '';
