-- An inspector's visit to a school: who, when, where their telephone said to be, and what there was to look at when it
-- began (`checklist`: alerts.domain.compliance.inspections.ToCheck, a rule each). One is under way of a person at a school.
create table inspection (
    id bigint generated always as identity primary key,
    school text not null references school,
    by text not null,
    opened_at timestamptz not null,
    latitude double precision,
    longitude double precision,
    metres double precision, -- from the school
    checklist jsonb not null,
    ended_at timestamptz,
    check (num_nonnulls(latitude, longitude) in (0, 2))
);
create unique index inspection_open on inspection (school, by) where ended_at is null;
create index inspection_of_school on inspection (school, id);

-- What was found of each rule. Nothing is overwritten: a correction is a further row that names the one before, with a
-- reason. `fact` is the evidence that it became; what could not be checked became none.
create table inspection_answer (
    id bigint generated always as identity primary key,
    inspection bigint not null references inspection,
    rule text not null,
    outcome text not null check (outcome in ('in_order', 'not_in_order', 'not_checked')),
    note text not null default '',
    fact bigint references declared_fact,
    by text not null,
    answered_at timestamptz not null,
    corrects bigint unique references inspection_answer,
    reason text not null default '',
    check ((corrects is null) = (reason = '')),
    check ((outcome = 'not_checked') = (fact is null))
);
create unique index inspection_answer_first on inspection_answer (inspection, rule) where corrects is null;
create trigger inspection_answer_stays before update or delete on inspection_answer
    for each row execute function refuse_change();
create trigger inspection_answer_is_not_truncated before truncate on inspection_answer
    for each statement execute function refuse_change();
