-- name: save_city_policy
-- A new version of the rule that counts in the whole city under no condition; running incidents keep their own copy.
with saved as (
    insert into policy_rule (mode, version, definition, saved_by, saved_at) values ($1, 1, $2::jsonb, $3, $4)
    on conflict (mode, district, school, category, kind, school_kind, hours) where retired_at is null
    do update set version = policy_rule.version + 1, definition = excluded.definition, saved_by = excluded.saved_by,
                  saved_at = excluded.saved_at
    returning id, version, name, definition, saved_by, saved_at
), kept as (
    insert into policy_version (rule, version, name, definition, saved_by, saved_at)
    select id, version, name, definition, saved_by, saved_at from saved
)
select id, version from saved;

-- name: add_rule
-- A rule for a place; none when one with the same place and conditions is in force already.
with saved as (
    insert into policy_rule (mode, district, school, category, kind, school_kind, hours, name, version, definition,
                             saved_by, saved_at)
    values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, 1, $9::jsonb, $10, $11)
    on conflict do nothing
    returning *
), kept as (
    insert into policy_version (rule, version, name, category, kind, school_kind, hours, definition, saved_by, saved_at)
    select id, version, name, category, kind, school_kind, hours, definition, saved_by, saved_at from saved
)
select id from saved;

-- name: replace_rule
-- A new version of a rule that is in force: its name, conditions and policy. Its mode and place stay.
with saved as (
    update policy_rule
    set category = $2, kind = $3, school_kind = $4, hours = $5::jsonb, name = $6, definition = $7::jsonb,
        version = version + 1, saved_by = $8, saved_at = $9
    where id = $1 and retired_at is null
    returning *
), kept as (
    insert into policy_version (rule, version, name, category, kind, school_kind, hours, definition, saved_by, saved_at)
    select id, version, name, category, kind, school_kind, hours, definition, saved_by, saved_at from saved
)
select version from saved;

-- name: retire_rule
-- The rule counts no more; it and its versions stay readable.
update policy_rule set retired_by = $2, retired_at = $3 where id = $1 and retired_at is null returning id;

-- name: lock_rule
-- Nobody else changes it until this transaction ends.
select id from policy_rule where id = $1 for no key update;

-- name: list_rules
-- Rules page by page, with the names of their places. `$5` is for those that count at a school: its own, its district's and
-- the city's.
select r.id, r.version, r.mode, r.definition::text as definition, r.name, r.district, r.school, r.category, r.kind,
       r.school_kind, r.hours::text as hours, d.name as district_name, s.name as school_name, r.saved_by, r.saved_at,
       r.retired_by, r.retired_at
from policy_rule r left join district d on d.code = r.district left join school s on s.code = r.school
where r.id > $1 and ($2::bigint is null or r.id = $2) and ($3::press_mode is null or r.mode = $3)
  and ($4::boolean or r.retired_at is null)
  and ($5::text is null or r.school = $5 or (r.school is null and (
      r.district is null or r.district = (select district from school where code = $5))))
  and ($6::text is null or r.district = $6 or s.district = $6)
order by r.id limit $7;

-- name: list_versions
-- How a rule was, newest first.
select v.version, v.name, v.category, v.kind, v.school_kind, v.hours::text as hours, v.definition::text as definition,
       v.saved_by, v.saved_at
from policy_version v where v.rule = $1 order by v.version desc;

-- name: list_unknown_people
-- Codes that no person has.
select code from unnest($1::text[]) as said (code) where not exists (select from person p where p.code = said.code)
order by code;

-- name: list_unknown_channels
-- Codes that no channel has.
select code from unnest($1::text[]) as said (code) where not exists (select from channel c where c.code = said.code)
order by code;

-- name: read_school_circumstances
-- What rules may ask of a school.
select code, name, district, kind, zone from school where code = $1;
