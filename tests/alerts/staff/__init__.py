"""People, rosters and calendars."""
