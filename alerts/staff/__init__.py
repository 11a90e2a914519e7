"""Who is there: people and how they are reached, calendars, rosters and the duty that follows from them."""
