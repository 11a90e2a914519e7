-- Whoever may come in has a role and stands for a place: a school, a district, or the city.

alter type account_role rename to account_role_without_place;
create type account_role as enum (
    'guard', 'duty_leader', 'principal', 'district_desk', 'city_desk', 'administrator', 'auditor', 'integration'
);

-- Who could act sits at the city's desk now, who could not audits. Policies, plans and rules are an administrator's,
-- whom somebody at the terminal has to name.
alter table account
    alter column role type account_role using
        (case role::text when 'operator' then 'city_desk' else 'auditor' end)::account_role,
    add column district text references district,
    add column school text references school,
    add check (role <> 'integration'),
    add check (district is null or school is null),
    add check ((role in ('guard', 'duty_leader', 'principal')) = (school is not null)),
    add check (role <> 'district_desk' or district is not null),
    add check (role in ('district_desk', 'auditor') or district is null);

-- A program keeps what it could do.
alter table api_token add column rights text[];
update api_token set rights = case role::text
    when 'operator' then
        array ['see', 'press', 'handle', 'report', 'inspect', 'staff', 'practise', 'notify', 'govern', 'audit']
    else array ['see', 'audit'] end;
alter table api_token
    drop column role,
    alter column rights set not null,
    add column district text references district,
    add column school text references school,
    add check (district is null or school is null);

drop type account_role_without_place;
