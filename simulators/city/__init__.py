"""A seeded city that looks like Qingdao: its districts are real, every school, person and number in it is invented."""
