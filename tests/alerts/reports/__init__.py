"""What is counted and told from the log."""
