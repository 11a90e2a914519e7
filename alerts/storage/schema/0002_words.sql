-- Words for reaching people. A new label may be used only after the transaction that made it, hence a file of their own.

alter type post_kind add value 'duty_leader' after 'principal';
alter type post_kind add value 'guard' after 'duty_leader';
alter type post_kind add value 'guard_team' after 'guard';
alter type post_kind add value 'crossing_post' after 'guard_team';
alter type delivery_state add value 'handed_over' after 'queued';
alter type delivery_state add value 'seen' after 'delivered';
alter type delivery_state add value 'answered' after 'seen';
