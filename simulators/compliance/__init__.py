"""What happens in a school's day: gates, visitors, guards and patrols, cheating, and the truth about it."""
