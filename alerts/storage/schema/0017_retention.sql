-- Raw evidence goes when it is old; holds keep what a case needs.

-- Evidence that must stay: of a school (null: of the city) and of days. A hold that was lifted stays to be read.
create table evidence_hold (
    id bigint generated always as identity primary key,
    school text references school,
    since date not null,
    until date not null,
    reason text not null check (reason <> ''),
    placed_at timestamptz not null,
    placed_by text not null,
    lifted_at timestamptz,
    lifted_by text,
    check (since <= until),
    check ((lifted_at is null) = (lifted_by is null))
);
create index evidence_hold_standing on evidence_hold (until) where lifted_at is null;

-- Days whose evidence went: when, how many rows in all, and at which schools a hold kept it.
create table evidence_gone (
    on_date date primary key,
    gone_at timestamptz not null,
    rows bigint not null,
    held text[] not null
);

create index quarantine_at on quarantine (recorded_at);

-- The evidence of a day goes, but for the schools that are held. A day of which nothing is held loses its whole partition,
-- at the cost of a file. That needs the table alone for an instant: while somebody else has it, null is returned at once,
-- because whatever devices say would queue up behind us. Else: how many rows went.
create function drop_evidence(of_date date, held_schools text[], now timestamptz) returns bigint language plpgsql as $$
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
        set gone_at = excluded.gone_at, rows = evidence_gone.rows + excluded.rows, held = excluded.held;
    return gone + strayed;
end
$$;
