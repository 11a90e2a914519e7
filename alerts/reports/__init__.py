"""After-action reports: what happened in an incident or in a whole window, told from the log alone."""
