-- name: mark_schools
-- The judge looks at these schools again, as they are now and on the days of which the change tells.
insert into compliance_stale (school, input, on_date)
select code, $1, day from unnest($2::text[]) as code, unnest(array[null::date] || $3::date[]) as day;

-- name: mark_places
-- The judge looks again at the schools of a place or of a kind; with neither, at everything by one mark without a school.
insert into compliance_stale (school, input)
select code, $1::text from school
where num_nonnulls($2::text, $3::text, $4::text) > 0
  and ($2::text is null or code = $2) and ($3::text is null or district = $3)
  and ($4::text is null or kind = $4::school_kind)
union all
select null, $1::text where num_nonnulls($2::text, $3::text, $4::text) = 0;
