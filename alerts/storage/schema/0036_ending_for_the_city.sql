-- Letting the days of the whole city be as always again takes two people, too.

alter type order_kind add value 'day_exception_end';
