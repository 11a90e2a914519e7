-- Devices of one school or district fall silent one after the other, for each beats at its own second. The station is told
-- after a moment in which they gather: until then the trouble is held and no event tells of it.
alter table dc09_trouble
    alter column event drop not null,
    add column held_at timestamptz,
    add check ((event is null) = (held_at is not null));
create index dc09_trouble_held on dc09_trouble (held_at) where event is null;
