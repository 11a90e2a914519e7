-- What a day came to is kept by district: a trend asks for no more, and by kind, ownership and group of schools it was forty
-- times as many rows, of which three years took half a minute to add up. Other splits of a day are counted from its records.

-- Counts of the newest version of each day. `rule` is the code of a rule, or a hundred or a team by the name of its group: then
-- it counts what the rules of it come to at each school (alerts.domain.compliance.headline.judge_groups).
create table district_figure (
    on_date date not null,
    district text not null,
    rule text not null,
    met integer not null,
    not_met integer not null,
    unknown integer not null,
    declared integer not null,
    not_applicable integer not null,
    primary key (rule, on_date, district)
);
create index district_figure_on on district_figure (on_date);

insert into district_figure
select on_date, district, rule, sum(met), sum(not_met), sum(unknown), sum(declared), sum(not_applicable)
from day_figure group by on_date, district, rule;

drop table day_figure;
