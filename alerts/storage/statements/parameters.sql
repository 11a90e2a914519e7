-- name: insert
-- It holds from a day on; a later one of the same level counts before it.
insert into rule_parameter (rule, name, level, school, value, source, valid_from, valid_until, saved_by, saved_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id;

-- name: hold
-- One, by whoever ends it.
select * from rule_parameter where id = $1 for no key update;

-- name: drop
-- It would only begin then.
delete from rule_parameter where id = $1 and valid_from >= $2;

-- name: end
-- It ends the day before.
update rule_parameter set valid_until = $2::date - 1 where id = $1 and (valid_until is null or valid_until >= $2);

-- name: list
-- A page of them, the newest first.
select * from rule_parameter
where ($1::text is null or rule = $1) and ($2::text is null or level = $2) and ($3::text is null or school = $3)
  and ($4::date is null or valid_from <= $4 and (valid_until is null or valid_until >= $4))
  and ($5::bigint is null or id < $5)
order by id desc limit $6;
