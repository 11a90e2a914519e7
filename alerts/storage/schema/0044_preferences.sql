-- What a person chose at the board follows their account to another machine, and is gone with it.

alter table account add column preferences jsonb not null default '{}'
    check (jsonb_typeof(preferences) = 'object' and octet_length(preferences::text) <= 65536);
