"""Takes schools, devices and people from CSV files into the registry."""
