"""The police's side: a 110 station that takes hand-overs, and a monitoring station that takes Contact ID."""
