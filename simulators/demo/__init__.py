"""The whole service on one machine, with an embedded database and broker, a seeded city and its devices."""
