"""The tables, the log and the statements."""
