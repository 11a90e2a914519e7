-- Whom alarms call, when messages wait and by which numbers schools are judged take two people in the whole city, too.

alter type order_kind add value 'policy';
alter type order_kind add value 'policy_end';
alter type order_kind add value 'quiet_hours';
alter type order_kind add value 'channel';
alter type order_kind add value 'rule_number';
alter type order_kind add value 'rule_number_end';

-- Whoever made a program is no second person for what it proposes. Older ones: as the log tells.
alter table api_token add column made_by text;
update api_token t set made_by = (
    select substr(actor, length('person:') + 1) from log
    where subject = 'token:' || t.name and kind = 'token.saved' and actor like 'person:%' order by position desc limit 1);
