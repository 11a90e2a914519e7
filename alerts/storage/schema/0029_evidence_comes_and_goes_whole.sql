-- A day's evidence comes in once and goes as a whole: its partition is dropped. That rows came is no reason to vacuum it,
-- which would read the day over and over while it comes in; that rows went is (a hold ended), and so is the age of what is kept.
create or replace function ensure_evidence_partition(of_date date) returns void language plpgsql as $$
declare
    name text := 'evidence_' || to_char(of_date, 'YYYYMMDD');
begin
    perform pg_advisory_xact_lock(hashtext('campus.evidence.partitions'));
    if to_regclass(name) is null then
        execute format('create table %I (like evidence including all) with (autovacuum_vacuum_insert_threshold = -1)', name);
        execute format('with early as (delete from evidence_beyond where on_date = %L returning *) '
                       'insert into %I select * from early', of_date, name);
        execute format('alter table evidence attach partition %I for values from (%L) to (%L)',
                       name, of_date, of_date + 1);
    end if;
end $$;

do $$
declare
    partition regclass;
begin
    for partition in select inhrelid from pg_inherits where inhparent = 'evidence'::regclass loop
        execute format('alter table %s set (autovacuum_vacuum_insert_threshold = -1)', partition);
    end loop;
end $$;
