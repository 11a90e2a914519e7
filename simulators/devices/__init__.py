"""The city's alarm devices as MQTT clients: lean enough for ten thousand of them in one process."""
