"""What surrounds the service when the real thing is not there: a city, its devices, a broker and a database."""
