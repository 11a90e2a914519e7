-- A hold of a district, why one was lifted, and of which days it came too late.

alter table evidence_hold
    add column district text references district,
    add column lift_reason text check (lift_reason <> ''),
    add check (school is null or district is null);

-- Of days of schools from one to another: those of which raw evidence of a place has gone, whole or in part. A day of
-- schools lies under two days of UTC. Without school and district the place is the city.
create function list_gone_days(of_school text, of_district text, first_on date, last_on date)
returns table (on_date date) language sql stable as $$
    select distinct day
    from evidence_gone g, lateral (values (g.on_date), (g.on_date + 1)) as days (day)
    where day between first_on and last_on and case
        when of_school is not null then of_school <> all (g.held)
        when of_district is not null then exists (
            select from school where district = of_district and code <> all (g.held)
        )
        else true
    end
$$;
