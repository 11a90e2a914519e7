-- name: list_people
-- A page of people by code, with what a list must show: posts, ways to reach them, whether they are away.
select p.code, p.name, p.phone,
       (select json_agg(json_build_object('code', po.code, 'kind', po.kind, 'name', po.name, 'school', po.school,
                                          'district', po.district, 'rank', h.rank) order by h.rank, po.code)
        from holding h join post po on po.code = h.post where h.person = p.code)::text as posts,
       (select count(*) from contact_method m where m.person = p.code) as methods,
       (select count(*) from contact_method m join channel c on c.code = m.channel
        where m.person = p.code and m.verified_at is not null and c.enabled) as working_methods,
       exists (select from leave l where l.person = p.code and l.starts_at <= $7 and l.ends_at > $7) as away,
       (select min(c.valid_until) from certificate c where c.person = p.code) as certificate_until
from person p
where ($1::text is null or p.code = $1)
  and ($2::text is null or p.code ilike $2 or p.name ilike $2)
  and ($3::text is null or exists (
      select from holding h join post po on po.code = h.post where h.person = p.code and po.school = $3))
  and ($4::text is null or exists (
      select from holding h join post po on po.code = h.post left join school s on s.code = po.school
      where h.person = p.code and coalesce(po.district, s.district) = $4))
  and ($5::text is null or p.code > $5)
  and ($8::text is null or exists (
      select from holding h join post po on po.code = h.post where h.person = p.code and po.kind = $8::post_kind))
  and (not $9::boolean or not exists (
      select from contact_method m join channel c on c.code = m.channel
      where m.person = p.code and m.verified_at is not null and c.enabled))
order by p.code limit $6;

-- name: find_codes
-- Those of the named people who are registered.
select code, name from person where code = any($1::text[]);

-- name: find_names
-- People by name, and where they hold a post: a name alone may be several people's.
select p.code, p.name, array(
           select distinct po.school from holding h join post po on po.code = h.post
           where h.person = p.code and po.school is not null) as schools,
       array(select h.post from holding h where h.person = p.code) as posts
from person p where p.name = any($1::text[]) or p.code = any($1::text[]) order by p.code;

-- name: lock_person
-- Who changes a person's methods does so in turn.
select code from person where code = $1 for no key update;

-- name: list_methods
-- A person's contact methods in their own order.
select m.id, m.person, m.rank, m.channel, m.address, m.added_at, m.verified_at, m.verified_by, m.failing_since,
       m.code_expires_at, c.enabled as channel_enabled
from contact_method m join channel c on c.code = m.channel
where m.person = $1 order by m.rank, m.id;

-- name: find_method
-- One method, whose ever it is, held until the transaction ends.
select m.id, m.person, m.rank, m.channel, m.address, m.added_at, m.verified_at, m.verified_by, m.failing_since,
       m.code_expires_at, c.enabled as channel_enabled, m.code_hash, m.code_attempts, m.code_sent_at, m.code_notice
from contact_method m join channel c on c.code = m.channel
where m.id = $1 for no key update of m;

-- name: list_personal_channels
-- Channels by which one person can be reached, and whether they are on.
select code, enabled from channel where personal order by code;

-- name: insert_method
-- A new method, the last of its owner's; nothing when they have it already.
insert into contact_method (person, rank, channel, address, added_at)
select $1, coalesce(max(rank), 0) + 1, $2, $3, $4 from contact_method where person = $1
on conflict (person, channel, address) do nothing returning id;

-- name: order_methods
-- The owner's own order.
update contact_method m set rank = row.rank
from unnest($2::bigint[]) with ordinality as row (id, rank) where m.id = row.id and m.person = $1;

-- name: remove_method
-- A method that is not theirs any more. The words of a code that is under way are wiped by `wipe_code` before.
delete from contact_method where person = $1 and id = $2 returning channel;

-- name: set_code
-- A code is on its way.
update contact_method set code_hash = $2, code_expires_at = $3, code_attempts = 0, code_sent_at = $4, code_notice = $5
where id = $1;

-- name: count_attempt
-- Somebody typed a code.
update contact_method set code_attempts = code_attempts + 1 where id = $1;

-- name: verify_method
-- It is proved that the method reaches its owner, and by what.
update contact_method set verified_at = coalesce(verified_at, $2), verified_by = coalesce(verified_by, $3),
       failing_since = null
where id = $1;

-- name: wipe_code
-- A code that was used, or whose time is up, can be read nowhere any more, and is not sent any more.
with wiped as (
    select id, code_notice from contact_method where id = any($1::bigint[]) for no key update
), words as (
    update notice set text = $2 where id in (select code_notice from wiped)
), unsent as (
    update delivery set state = 'covered' where notice in (select code_notice from wiped) and state = 'queued'
)
update contact_method set code_hash = null, code_expires_at = null, code_attempts = 0, code_notice = null
where id in (select id from wiped);

-- name: claim_expired_codes
-- Codes whose time is up.
select id from contact_method where code_expires_at <= $1 order by code_expires_at limit $2
for no key update skip locked;

-- name: list_certificates
-- Certificates of one person or of a place's people, those that end first at the head; `$2`: only those that end by then.
select c.id, c.person, p.name as person_name, c.kind, c.number, c.valid_until, c.note, c.saved_by, c.saved_at
from certificate c join person p on p.code = c.person
where ($1::text is null or c.person = $1)
  and ($2::date is null or c.valid_until <= $2)
  and ($3::text is null or exists (
      select from holding h join post po on po.code = h.post where h.person = c.person and po.school = $3))
  and ($4::text is null or exists (
      select from holding h join post po on po.code = h.post left join school s on s.code = po.school
      where h.person = c.person and coalesce(po.district, s.district) = $4))
  and ($5::bigint is null or (c.valid_until, c.id) > (select e.valid_until, e.id from certificate e where e.id = $5))
order by c.valid_until, c.id limit $6;

-- name: save_certificate
-- A certificate; the same number again renews it.
insert into certificate (person, kind, number, valid_until, note, saved_by, saved_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (person, kind, number) do update set
    valid_until = excluded.valid_until, note = excluded.note, saved_by = excluded.saved_by, saved_at = excluded.saved_at
returning id;

-- name: remove_certificate
-- One that was entered by mistake.
delete from certificate where person = $1 and id = $2 returning id;

-- name: list_duty_of
-- A person's coming duty.
select u.post, po.name as post_name, po.kind as post_kind, po.school, s.name as school_name, u.starts_at, u.ends_at,
       u.shift, u.source, u.instead_of, i.name as instead_of_name, u.assumed
from duty u join post po on po.code = u.post left join school s on s.code = po.school
left join person i on i.code = u.instead_of
where u.person = $1 and u.ends_at > $2 and u.starts_at < $3 order by u.starts_at, u.post;

-- name: list_all_methods
-- The methods of many people, as an import compares them.
select id, person, rank, channel, address, verified_at, verified_by from contact_method
where person = any($1::text[]) order by person, rank, id;

-- name: list_all_certificates
-- The certificates of many people, as an import compares them.
select person, kind, number, valid_until from certificate where person = any($1::text[]) order by person, kind, number;

-- name: import_methods
-- Methods that a file brings, in its order behind those that are there; `verified_by` is who vouches for them.
insert into contact_method (person, rank, channel, address, added_at, verified_at, verified_by)
select row.person, coalesce((select max(m.rank) from contact_method m where m.person = row.person), 0) + row.rank,
       row.channel, row.address, $2, case when row.verified_by is not null then $2::timestamptz end, row.verified_by
from json_to_recordset($1::json) as row (person text, rank integer, channel text, address text, verified_by text)
on conflict (person, channel, address) do update set
    verified_at = coalesce(contact_method.verified_at, excluded.verified_at),
    verified_by = coalesce(contact_method.verified_by, excluded.verified_by);

-- name: import_certificates
-- Certificates that a file brings.
insert into certificate (person, kind, number, valid_until, saved_by, saved_at)
select person, kind, number, valid_until, $2, $3
from json_to_recordset($1::json) as row (person text, kind text, number text, valid_until date)
on conflict (person, kind, number) do update set
    valid_until = excluded.valid_until, saved_by = excluded.saved_by, saved_at = excluded.saved_at;

-- name: find_reachable
-- Those of the named people whom a verified method reaches, or a channel that takes messages for anybody.
select p.code from person p where p.code = any($1::text[]) and (
    exists (select from channel c where c.enabled and not c.personal)
    or exists (
        select from contact_method m join channel c on c.code = m.channel
        where m.person = p.code and m.verified_at is not null and c.enabled));
