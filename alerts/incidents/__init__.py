"""What people, devices and time do to an open incident, each in one transaction with its row in the log."""
