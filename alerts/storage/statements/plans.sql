-- name: list_plans
-- The newest version of each plan, and which version holds today.
select p.code, p.school, s.name as school_name, v.version, v.name, v.name_en, v.kinds, v.valid_from, v.valid_until,
       v.sample, v.saved_by, v.saved_at, f.version as in_force,
       (select count(*) from responsibility r where r.plan = v.plan and r.version = v.version) as responsibilities
from plan p
join lateral (select * from plan_version w where w.plan = p.code order by w.version desc limit 1) as v on true
left join school s on s.code = p.school
left join plans_in_force($1) f on f.plan = p.code
where ($2::text is null or p.code > $2) and ($4::text is null or p.school is null or p.school = $4)
order by p.code limit $3;

-- name: list_versions
-- Every version of a plan, the newest first.
select p.code, p.school, s.name as school_name, v.version, v.name, v.name_en, v.kinds, v.valid_from, v.valid_until,
       v.sample, v.saved_by, v.saved_at, f.version as in_force,
       (select count(*) from responsibility r where r.plan = v.plan and r.version = v.version) as responsibilities
from plan p
join plan_version v on v.plan = p.code
left join school s on s.code = p.school
left join plans_in_force($1) f on f.plan = p.code
where p.code = $2 order by v.version desc;

-- name: list_responsibilities
-- What the versions of some plans ask, in the order of their numbers.
select r.plan, r.version, r.number, r.phase, r.text, r.text_en, r.post, r.person, r.deputy, r.training,
       r.certificate
from responsibility r
join unnest($1::text[], $2::integer[]) as wanted (plan, version) using (plan, version)
order by r.plan, r.version, r.number;

-- name: find_newest
-- The newest versions of the named plans, their rows locked so that two savers follow each other.
select p.code, p.school, v.version, v.name, v.name_en, v.kinds, v.valid_from, v.valid_until, v.sample
from plan p
join lateral (select * from plan_version w where w.plan = p.code order by w.version desc limit 1) as v on true
where p.code = any($1::text[]) order by p.code for update of p;

-- name: save_plan
-- A plan that is not known yet; whoever comes second waits for the first and finds it there.
insert into plan (code, school) values ($1, $2) on conflict do nothing;

-- name: save_version
-- The next version of a plan; it never changes afterwards.
insert into plan_version (plan, version, name, name_en, kinds, valid_from, valid_until, sample, saved_by, saved_at)
values ($1, coalesce((select max(version) from plan_version where plan = $1), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9)
returning version;

-- name: save_responsibilities
-- What the new version asks.
insert into responsibility (plan, version, number, phase, text, text_en, post, person, deputy, training, certificate)
select $1, $2, number, phase, text, text_en, post, person, deputy, training, certificate
from json_to_recordset($3::json) as row (
    number integer, phase plan_phase, text text, text_en text, post post_kind, person text, deputy text,
    training boolean, certificate text);

-- name: find_plan_codes
-- Those of the named plans that are registered.
select code from plan where code = any($1::text[]);

-- name: find_trainings
-- When these people were last trained, for any plan.
select person, plan, trained_on from training where person = any($1::text[]);

-- name: list_trainings
-- Who was trained for a plan and when, by person.
select t.person, p.name as person_name, t.plan, t.trained_on, t.saved_by, t.saved_at
from training t join person p on p.code = t.person
where t.plan = $1 and ($2::text is null or t.person > $2)
order by t.person limit $3;

-- name: save_trainings
-- The newest training counts; an older one that is told later changes nothing.
insert into training (person, plan, trained_on, saved_by, saved_at)
select person, plan, trained_on, $2, $3
from json_to_recordset($1::json) as row (person text, plan text, trained_on date)
on conflict (person, plan) do update set
    trained_on = excluded.trained_on, saved_by = excluded.saved_by, saved_at = excluded.saved_at
where training.trained_on < excluded.trained_on;

-- name: list_plans_of_schools
-- The plans by which schools act at an instant; one school or all of them.
select distinct plan, version, sample from plans_of_schools($1, $2) order by plan;

-- name: prepare_counting
-- For this transaction only: the planner has no idea of how much the steps of `cover_city` hand on. Loops that it thinks
-- short took minutes on a fresh registry where hashing takes a second, and to sort for a merge costs as much as all else.
select set_config('enable_nestloop', 'off', true), set_config('enable_mergejoin', 'off', true),
       set_config('jit', 'off', true), set_config('work_mem', '64MB', true);

-- name: cover_city
-- For each responsibility in each district, and for each school: how often it is asked for, how often somebody could do
-- it now, and why not. Each counts once where its post is. The least that is in somebody's way decides (a count of bits in
-- the hundreds above the bits themselves); 260 is being untrained, 264 nobody at all, 288
-- being without the certificate.
with wanted as materialized (
    select distinct school, district, plan, version from plans_of_schools($1, null)
), duty as materialized (
    select r.plan, r.version, r.number, r.post, r.person, r.deputy, r.training, r.certificate,
           case when r.post = any($2::post_kind[]) then 'school' when r.post = any($3::post_kind[]) then 'district'
                else 'city' end as level
    from responsibility r where (r.plan, r.version) in (select plan, version from wanted)
), standing as materialized (
    select site, kind, person, (failing & 1) * 256 + (failing >> 1 & 1) * 256 + failing as way
    from standing_of_posts($1, null)
), best as materialized (
    select site, kind, min(way) as way from standing group by site, kind
), trained as materialized (
    select s.site, s.kind, t.plan, min(s.way) as way
    from standing s join training t on t.person = s.person
    where t.trained_on > ($1 at time zone 'Asia/Shanghai')::date - $4::integer
    group by s.site, s.kind, t.plan
), certificates as materialized (
    select distinct person, kind as certificate from certificate
    where valid_until >= ($1 at time zone 'Asia/Shanghai')::date and kind in (select certificate from duty)
), certified as materialized (
    select s.site, s.kind, c.certificate, min(s.way) as way
    from standing s join certificates c on c.person = s.person
    group by s.site, s.kind, c.certificate
), both_of_them as materialized (
    select s.site, s.kind, t.plan, c.certificate, min(s.way) as way
    from standing s
    join certificates c on c.person = s.person
    join training t on t.person = s.person
    where t.trained_on > ($1 at time zone 'Asia/Shanghai')::date - $4::integer
    group by s.site, s.kind, t.plan, c.certificate
), named as materialized (
    select d.plan, d.version, d.number, min(
        case when exists (select from leave l where l.person = p.person and l.starts_at <= $1 and l.ends_at > $1)
             then 257 else 0 end
        + case when exists (select from contact_method m join channel c on c.code = m.channel
                            where m.person = p.person and m.verified_at is not null and m.failing_since is null
                                and c.enabled and c.personal) then 0 else 258 end
        + case when d.training and not exists (
                select from training t where t.person = p.person and t.plan = d.plan
                    and t.trained_on > ($1 at time zone 'Asia/Shanghai')::date - $4::integer) then 260 else 0 end
        + case when d.certificate is not null and not exists (
                select from certificates c where c.person = p.person and c.certificate = d.certificate)
               then 288 else 0 end
    ) as way
    from duty d cross join unnest(array[d.person, d.deputy]) as p (person)
    where p.person is not null
    group by d.plan, d.version, d.number
), exercised as materialized (
    select distinct plan, number, site from task
    where state = 'done' and settled_at > $1 - make_interval(days => $5::integer)
), asked as (
    select 'school:' || w.school as site, w.school, w.district, d.*
    from wanted w join duty d using (plan, version) where d.level = 'school'
    union all
    select 'district:' || w.district, null, w.district, d.*
    from (select distinct district, plan, version from wanted) w join duty d using (plan, version)
    where d.level = 'district'
    union all
    select 'city', null, null, d.* from duty d where d.level = 'city'
), judged as (
    select a.school, a.district, a.plan, a.number,
           coalesce(case when a.person is not null or a.deputy is not null then n.way
                         else least(b.way + case when a.training then 260 else 0 end
                                    + case when a.certificate is not null then 288 else 0 end,
                                    case when a.training then t.way end
                                    + case when a.certificate is not null then 288 else 0 end,
                                    c.way + case when a.training then 260 else 0 end,
                                    case when a.training then x.way end) end, 264) & 255
           | case when e.site is null then 16 else 0 end as gaps
    from asked a
    left join best b on b.site = a.site and b.kind = a.post
    left join trained t on t.site = a.site and t.kind = a.post and t.plan = a.plan
    left join certified c on c.site = a.site and c.kind = a.post and c.certificate = a.certificate
    left join both_of_them x
        on x.site = a.site and x.kind = a.post and x.plan = a.plan and x.certificate = a.certificate
    left join named n on n.plan = a.plan and n.version = a.version and n.number = a.number
    left join exercised e on e.plan = a.plan and e.number = a.number and e.site = a.site
)
select grouping(plan) = 1 as of_school, school, district, plan, number, count(*) as asked,
       count(*) filter (where gaps = 0) as covered, count(*) filter (where gaps & ~16 = 0) as able,
       count(*) filter (where gaps & 1 <> 0) as on_leave, count(*) filter (where gaps & 2 <> 0) as unreachable,
       count(*) filter (where gaps & 4 <> 0) as untrained, count(*) filter (where gaps & 8 <> 0) as nobody,
       count(*) filter (where gaps & 16 <> 0) as not_exercised,
       count(*) filter (where gaps & 32 <> 0) as uncertified
from judged group by grouping sets ((district, plan, number), (school))
having grouping(plan) = 0 or school is not null;

-- name: cover_school
-- Every responsibility by which a school acts, with whoever comes closest to being able to do it now and what is in the
-- way; the same rules as for the city.
with wanted as materialized (
    select distinct school, district, plan, version from plans_of_schools($1, $6)
), duty as materialized (
    select r.*, w.district,
           case when r.post = any($2::post_kind[]) then 'school:' || w.school
                when r.post = any($3::post_kind[]) then 'district:' || w.district else 'city' end as site
    from wanted w join responsibility r using (plan, version)
), standing as materialized (
    select site, kind, person, rank, failing from standing_of_posts($1, $6)
), candidate as (
    select d.plan, d.number, s.person, s.rank, s.failing
    from duty d join standing s on s.site = d.site and s.kind = d.post
    where d.person is null and d.deputy is null
    union all
    select d.plan, d.number, p.person, p.rank::integer,
           exists (select from leave l where l.person = p.person and l.starts_at <= $1 and l.ends_at > $1)::integer
           + 2 * (not exists (select from contact_method m join channel c on c.code = m.channel
                              where m.person = p.person and m.verified_at is not null and m.failing_since is null
                                  and c.enabled and c.personal))::integer
    from duty d cross join unnest(array[d.person, d.deputy]) with ordinality as p (person, rank)
    where p.person is not null
), judged as (
    select c.plan, c.number, c.person, c.rank, t.trained_on,
           c.failing | case when d.training and t.trained_on is null then 4 else 0 end
           | case when d.certificate is not null and not exists (
               select from certificate k where k.person = c.person and k.kind = d.certificate
                   and k.valid_until >= ($1 at time zone 'Asia/Shanghai')::date) then 32 else 0 end as gaps
    from candidate c
    join duty d on d.plan = c.plan and d.number = c.number
    left join training t on t.person = c.person and t.plan = c.plan
        and t.trained_on > ($1 at time zone 'Asia/Shanghai')::date - $4::integer
), closest as (
    select distinct on (plan, number) * from judged
    order by plan, number, (gaps & 1) + (gaps >> 1 & 1) + (gaps >> 2 & 1) + (gaps >> 5 & 1), gaps, rank, person
)
select d.plan, d.version, d.number, d.phase, d.text, d.text_en, d.post, d.site, d.training, d.certificate, c.person,
       person.name as person_name, c.trained_on, e.exercised_at, coalesce(c.gaps, 8)
       | case when e.exercised_at is null then 16 else 0 end as gaps
from duty d
left join closest c on c.plan = d.plan and c.number = d.number
left join person on person.code = c.person
left join lateral (
    select max(k.settled_at) as exercised_at from task k
    where k.plan = d.plan and k.number = d.number and k.site = d.site and k.state = 'done'
        and k.settled_at > $1 - make_interval(days => $5::integer)) as e on true
order by d.plan, d.number;
