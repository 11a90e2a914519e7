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

-- name: list_holds
-- Holds, the newest first; those that stand, or all.
select * from evidence_hold
where (not $1 or lifted_at is null) and ($2::text is null or school is null or school = $2)
  and ($3::bigint is null or id < $3)
order by id desc limit $4;

-- name: list_standing_holds
-- Holds that keep days before one.
select school, since, until from evidence_hold where lifted_at is null and since < $1;

-- name: place_hold
-- One more.
insert into evidence_hold (school, since, until, reason, placed_at, placed_by) values ($1, $2, $3, $4, $5, $6)
returning *;

-- name: lift_hold
-- It ends, for good.
update evidence_hold set lifted_at = $2, lifted_by = $3 where id = $1 and lifted_at is null returning *;
