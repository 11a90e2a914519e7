-- name: list_old_days
-- Days before the oldest one that stays of which evidence may lie here: their partitions, and what strayed into the
-- default one.
select day as on_date, coalesce(g.held, '{}') as held, g.on_date is not null as gone, stray
from (
    select day, bool_or(from_beyond) as stray
    from (
        select to_date(right(child.relname, 8), 'YYYYMMDD') as day, false as from_beyond
        from pg_inherits i join pg_class child on child.oid = i.inhrelid
        where i.inhparent = 'evidence'::regclass and child.relname ~ '^evidence_\d{8}$'
        union all
        select on_date, true from evidence_beyond where on_date < $1
    ) as lying
    group by day
) as days
left join evidence_gone g on g.on_date = day
where day < $1
order by day;

-- name: drop_day
-- A day's evidence goes, but that of the schools that are held; null: somebody is reading, try again.
select drop_evidence($1, $2, $3);

-- name: drop_quarantine
-- What could not be read and is older goes, so many at a time.
delete from quarantine where id in (select id from quarantine where recorded_at < $1 order by recorded_at limit $2);

-- name: list_gone
-- When the evidence of days went, and at which schools it stayed.
select on_date, gone_at, rows, held from evidence_gone where on_date between $1 and $2 order by on_date;

-- name: sum_up_gone
-- How many days from one to another have gone of a school, a district or the city, and the first and the last of them.
select count(*) as days, min(on_date) as first, max(on_date) as last from list_gone_days($1, $2, $3, $4);

-- name: list_holds
-- Holds, the newest first; those that stand, or all. Those of a school are also its district's and the city's.
select h.*, d.name as district_name, s.name as school_name, gone.days as gone_days
from evidence_hold h
left join district d on d.code = h.district
left join school s on s.code = h.school,
lateral (
    select count(*) as days from list_gone_days(h.school, h.district, h.since, h.until) where h.lifted_at is null
) as gone
where ($1::bigint is null or h.id = $1) and (not $2 or h.lifted_at is null)
  and ($3::text is null or h.school = $3 or h.district = (select district from school where code = $3)
       or (h.school is null and h.district is null))
  and ($4::bigint is null or h.id < $4)
order by h.id desc limit $5;

-- name: list_standing_holds
-- What keeps days up to one: the schools of a district each by itself. A day of schools begins under the day of UTC
-- before it.
select school, since, until from evidence_hold where district is null and lifted_at is null and since <= $1
union all
select s.code, h.since, h.until
from evidence_hold h join school s on s.district = h.district where h.lifted_at is null and h.since <= $1;

-- name: place_hold
-- One more.
insert into evidence_hold (school, district, since, until, reason, placed_at, placed_by)
values ($1, $2, $3, $4, $5, $6, $7) returning id;

-- name: lift_hold
-- It ends, for good; null when there is none that stands.
update evidence_hold set lifted_at = $2, lifted_by = $3, lift_reason = $4 where id = $1 and lifted_at is null
returning id;

-- name: has_district
-- Whether there is a district of a code.
select exists (select from district where code = $1);
