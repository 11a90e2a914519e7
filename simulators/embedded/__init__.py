"""A real PostgreSQL and a real broker, started from Python without installing either on the machine."""
