-- Boards say over their sockets who looks at which incident; dashboards tell each other whom they have there, each in rows of its
-- own, and what a process said that died counts no more. True for seconds: it is in no log, and a crash may forget it.
drop table watcher;

create unlogged table watching_process (
    process uuid primary key,
    began_at timestamptz not null,
    seen_at timestamptz not null
);

create unlogged table watching (
    incident bigint not null,
    process uuid not null,
    people json not null,
    primary key (incident, process)
) with (fillfactor = 50);
