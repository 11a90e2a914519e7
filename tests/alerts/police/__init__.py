"""110 and the monitoring station."""
