"""From a payload to an incident."""
