"""The device side: what MQTT devices say becomes rows, and what became of it goes back to them."""
