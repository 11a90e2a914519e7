-- A device's own page: what it did lately is found by its index, however much others did, and however long ago it began.

-- What its battery was, thriftily: the housekeeping looks at every device now and then, and keeps a row where the percentage
-- has moved. No beat waits for it. Rows come in order of time, so the old ones are found by a small index.
create table device_battery (
    device text not null references device,
    at timestamptz not null,
    percent smallint not null check (percent between 0 and 100),
    primary key (device, at)
);
create index device_battery_at on device_battery using brin (at);

create index press_of_device on press (device, id);
create index quarantine_of_device on quarantine (device, id) where device is not null;
create index output_command_of_device on output_command (device, id);
-- Only what came in with something wrong with it: the rest pays for a look at its problems.
create index evidence_wrong on evidence (device, received_at) where problems <> '{}';
