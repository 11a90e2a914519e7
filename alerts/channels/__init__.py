"""The ways in which people are reached. A channel sends one message and says what became of it."""
