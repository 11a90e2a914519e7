"""The ways to the police: a station that takes hand-overs over HTTPS, and one that takes Contact ID over DC-09."""
