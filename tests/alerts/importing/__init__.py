"""Files of schools, devices and people."""
