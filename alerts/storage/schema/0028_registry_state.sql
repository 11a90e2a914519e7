-- How often schools and devices changed: what a process knows of them it need not ask for again while this stands. A change
-- counts when it is committed, so it is a row and no sequence.
create table registry_state (
    one boolean primary key default true check (one),
    changes bigint not null
) with (fillfactor = 10);
insert into registry_state (changes) values (0);

create function count_registry_change() returns trigger language plpgsql as $$
begin
    update registry_state set changes = changes + 1;
    return null;
end $$;
create trigger school_changed after insert or update or delete or truncate on school
    for each statement execute function count_registry_change();
create trigger device_changed after insert or update or delete or truncate on device
    for each statement execute function count_registry_change();
