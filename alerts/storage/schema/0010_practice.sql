-- Tests and drills: the notice to 110, the test month, and answer times.

-- ---------------------------------------------------------------- 110 is told first (rule A4)

alter table press_window
    add column police_notified_at timestamptz,
    add column police_notified_by text,
    add column police_notified_how text check (police_notified_how in ('phone', 'link')),
    add column police_reference text not null default '',
    add constraint press_window_notice_is_whole
        check (num_nonnulls(police_notified_at, police_notified_by, police_notified_how) in (0, 3));

-- A second press in a test is looked for each time that somebody tests.
create index press_said_test on press (school, id)
    where mode = 'test' or problems @> array['second_press_in_test'];

-- ---------------------------------------------------------------- the test month (rules A2, A3)

-- How far each test press of a registered button came, there and back: one instant a hop. Written by the engine from the
-- log. `police_position` is the row whose receipt has to reach the button. A device is proved in a calendar month of its
-- school when one of its presses is.
create table button_proof (
    press bigint primary key references press,
    month date not null check (extract(day from month) = 1),
    device text not null references device,
    incident bigint not null references incident,
    pressed_at timestamptz not null,
    shown_at timestamptz not null,
    shown_position bigint not null,
    police_receipt_at timestamptz,
    police_receipt_by text,
    police_receipt_how text check (police_receipt_how in ('phone', 'link')),
    police_reference text,
    police_position bigint,
    receipted_at timestamptz,
    objected_at timestamptz,
    objected_by text,
    objection text,
    closed_at timestamptz,
    proved_at timestamptz generated always as (
        case when police_receipt_at is not null and receipted_at is not null and objected_at is null
             then greatest(pressed_at, shown_at, police_receipt_at, receipted_at) end) stored
);
create index on button_proof (device, month, press);
create index on button_proof (incident);
create index button_proof_on_its_way_back on button_proof (police_position)
    where police_position is not null and receipted_at is null;
create index button_proof_ripe on button_proof (incident) where proved_at is not null and closed_at is null;

-- ---------------------------------------------------------------- answer times

-- One row an incident, written from the log; day and hour are those of the school. Rebuilt by a command.
create table answer_time (
    incident bigint primary key,
    mode press_mode not null,
    category incident_category not null,
    school text,
    district text,
    opened_at timestamptz not null,
    on_date date not null,
    hour smallint not null check (hour between 0 and 23),
    taken_at timestamptz,
    responding_at timestamptz,
    closed_at timestamptz
);
create index on answer_time (mode, on_date) include (school, district);

-- Both begin with the log's first row: what happened before this version counts too.
insert into log_reader (name, position) values ('answer_times', 0), ('practice', 0) on conflict (name) do nothing;
