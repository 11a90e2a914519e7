-- Who looks at which incident right now, for the others who do. True for seconds: it is in no log, and a crash may forget it.
create unlogged table watcher (
    incident bigint not null,
    account text not null,
    name text not null,
    doing text not null check (doing in ('looking', 'writing')),
    since timestamptz not null,
    seen_at timestamptz not null,
    primary key (incident, account)
) with (fillfactor = 50);
create index watcher_seen on watcher using brin (seen_at);
