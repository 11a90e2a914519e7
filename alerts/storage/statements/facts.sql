-- name: insert
-- One correction of a fact wins: the other finds that it was corrected.
insert into declared_fact (school, kind, about, at, by, seen_by, check_in, grade, valid_until, said, withdrawn, corrects,
                           reason, recorded_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11, $12, $13, $14)
on conflict (corrects) do nothing returning id;

-- name: insert_photo
-- A photo, with its digest.
insert into fact_photo (fact, number, media_type, sha256, content) values ($1, $2, $3, sha256($4), $4);

-- name: keep_photos
-- The photos of the fact that is corrected.
insert into fact_photo (fact, number, media_type, sha256, content)
select $2, number, media_type, sha256, content from fact_photo where fact = $1;

-- name: find_photo
-- One photo with its content.
select media_type, content from fact_photo where fact = $1 and number = $2;

-- name: find
-- One fact with the heads of its photos.
select f.id, f.school, f.kind, f.about, f.at, f.by, f.seen_by, f.check_in, f.grade, f.valid_until, f.said::text,
       f.withdrawn, f.corrects, f.reason, f.recorded_at,
       (select c.id from declared_fact c where c.corrects = f.id) as corrected_by,
       (select json_agg(json_build_object('number', p.number, 'media_type', p.media_type,
                                          'size_bytes', length(p.content), 'sha256', encode(p.sha256, 'hex'))
                        order by p.number)
        from fact_photo p where p.fact = f.id)::text as photos
from declared_fact f where f.id = $1;

-- name: list_history
-- A fact's whole chain of corrections, whichever of them is named.
with recursive earlier as (
    select id, corrects from declared_fact where id = $1
    union all
    select f.id, f.corrects from declared_fact f join earlier e on f.id = e.corrects
), chain as (
    select id from earlier where corrects is null
    union all
    select f.id from declared_fact f join chain c on f.corrects = c.id
)
select f.id, f.school, f.kind, f.about, f.at, f.by, f.seen_by, f.check_in, f.grade, f.valid_until, f.said::text,
       f.withdrawn, f.corrects, f.reason, f.recorded_at,
       (select c.id from declared_fact c where c.corrects = f.id) as corrected_by,
       (select json_agg(json_build_object('number', p.number, 'media_type', p.media_type,
                                          'size_bytes', length(p.content), 'sha256', encode(p.sha256, 'hex'))
                        order by p.number)
        from fact_photo p where p.fact = f.id)::text as photos
from declared_fact f join chain using (id) order by f.id;

-- name: list
-- A page of facts, the newest first; `$4`: only those that stand.
select f.id, f.school, f.kind, f.about, f.at, f.by, f.seen_by, f.check_in, f.grade, f.valid_until, f.said::text,
       f.withdrawn, f.corrects, f.reason, f.recorded_at,
       (select c.id from declared_fact c where c.corrects = f.id) as corrected_by,
       (select json_agg(json_build_object('number', p.number, 'media_type', p.media_type,
                                          'size_bytes', length(p.content), 'sha256', encode(p.sha256, 'hex'))
                        order by p.number)
        from fact_photo p where p.fact = f.id)::text as photos
from declared_fact f
where ($1::text is null or f.school = $1) and ($2::text is null or f.kind = $2) and ($3::text is null or f.about = $3)
  and (not $4::boolean or not f.withdrawn and not exists (select from declared_fact c where c.corrects = f.id))
  and ($5::bigint is null or f.id < $5)
order by f.id desc limit $6;

-- name: list_check_ins
-- Check-ins at the school whose message names a person somewhere, the nearest to an instant first; what has a problem does
-- not count. Who it was is read from the message by the caller: not all that a device says can be read here.
select e.on_date || '/' || e.device || '/' || e.channel || '/' || e.identity as key, e.payload
from evidence e
where e.place = $1 and e.channel = 'post' and e.problems = '{}'
  and e.on_date between ($3::timestamptz - interval '2 days')::date and ($3::timestamptz + interval '2 days')::date
  and coalesce(e.occurred_at, e.received_at) between $3 - $4::interval and $3 + $4::interval
  and position($2::bytea in e.payload) > 0
order by abs(extract(epoch from coalesce(e.occurred_at, e.received_at) - $3)) limit 200;

-- name: has_subject
-- Whether what a fact is about is there.
select case $2
    when 'person' then exists (select from person where code = $3)
    when 'device' then exists (select from device where school = $1 and code = $3)
    when 'incident' then exists (select from incident where school = $1 and id::text = $3)
    when 'hazard' then exists (select from hazard where school = $1 and id::text = $3)
    else true end;
