-- Answering from where people are, and what sounds, flashes and locks on site.

-- ---------------------------------------------------------------- answers

-- An answer that came too late changes nothing and is kept: what was said, and when. The person did see the message.
alter table delivery
    add column late_answer text,
    add column late_answer_at timestamptz;

-- What somebody is told back who answered by a text or a key.
alter table notice
    drop constraint notice_kind_check,
    add constraint notice_kind_check check (kind in ('notice', 'verification', 'answer'));

-- ---------------------------------------------------------------- on-site outputs

create table device_output (
    device text not null references device on delete cascade,
    output text not null check (output in ('siren', 'strobe', 'lock', 'voice')),
    primary key (device, output)
);

-- A wish about one output of one device; the newest one counts. `due_at` is when it is sent (again), `confirm_by` when
-- the device's word is overdue. A device says `on` and, when `until` came, `off` to the same command.
create table output_command (
    id bigint generated always as identity primary key,
    incident bigint not null references incident,
    device text not null references device,
    output text not null check (output in ('siren', 'strobe', 'lock', 'voice')),
    "on" boolean not null,
    until timestamptz,
    requested_by text not null,
    requested_at timestamptz not null,
    state text not null check (state in ('wanted', 'sent', 'on', 'off', 'expired', 'superseded')),
    due_at timestamptz,
    sends integer not null default 0,
    sent_at timestamptz,
    confirm_by timestamptz,
    confirmed_on_at timestamptz,
    confirmed_off_at timestamptz,
    unconfirmed_at timestamptz
);
create index output_command_of_incident on output_command (incident, id);
create index output_command_of_output on output_command (device, output, id);
create index output_command_due on output_command (due_at) where due_at is not null;
create index output_command_overdue on output_command (confirm_by) where confirm_by is not null;

alter table incident
    add column outputs_unconfirmed integer not null default 0;
