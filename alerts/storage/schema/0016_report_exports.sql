-- Reports that people asked for: made in the background, kept for some days to be fetched.

-- A row is the wish, its progress and, when it is made, the file. `next_at` is a deadline: whoever finds it passed may take
-- the work over; it is moved on while somebody is at it, and null when it is over. `attempt` tells takers apart: what an
-- earlier one still does, does not count. The log keeps what was made (`export.made`) when the row is long gone.
create table report_export (
    id bigint generated always as identity primary key,
    asked_by text not null,
    asked_at timestamptz not null,
    period text not null check (period in ('day', 'month', 'term')),
    period_name text not null,
    first_on date not null,
    last_on date not null,
    district text references district,
    school text references school,
    form text not null check (form in ('xlsx', 'pdf', 'csv', 'json')),
    language text not null check (language in ('zh', 'en')),
    state text not null default 'waiting' check (state in ('waiting', 'making', 'made', 'failed')),
    done integer not null default 0,
    total integer not null default 0,
    attempt integer not null default 0,
    next_at timestamptz,
    problem text not null default '',
    file_name text not null,
    sha256 bytea,
    content bytea,
    made_at timestamptz,
    expires_at timestamptz not null,
    check (first_on <= last_on),
    check ((state in ('waiting', 'making')) = (next_at is not null)),
    check ((state = 'made') = (content is not null)),
    check ((content is null) = (sha256 is null)),
    check ((state = 'failed') = (problem <> ''))
);
alter table report_export alter column content set storage external; -- workbooks and PDFs are packed already
create index report_export_due on report_export (next_at) where next_at is not null;
create index report_export_of on report_export (asked_by, id);
create index report_export_over on report_export (expires_at);
