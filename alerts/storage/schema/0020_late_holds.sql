-- A hold that comes after a day's evidence went does not bring it back: a day stays held only where it was held all along.
create or replace function drop_evidence(of_date date, held_schools text[], now timestamptz) returns bigint
language plpgsql as $$
declare
    partition text := 'evidence_' || to_char(of_date, 'YYYYMMDD');
    gone bigint := 0;
    strayed bigint;
begin
    if held_schools = '{}' and to_regclass(partition) is not null then
        execute format('select count(*) from %I', partition) into gone;
        begin
            lock table evidence in access exclusive mode nowait;
        exception when lock_not_available then
            return null;
        end;
        execute format('drop table %I', partition);
    end if;
    delete from evidence where on_date = of_date and (place is null or place <> all (held_schools));
    get diagnostics strayed = row_count;
    insert into evidence_gone values (of_date, now, gone + strayed, held_schools)
    on conflict (on_date) do update
        set rows = evidence_gone.rows + excluded.rows,
            held = array(select unnest(evidence_gone.held) intersect select unnest(excluded.held) order by 1);
    return gone + strayed;
end
$$;
