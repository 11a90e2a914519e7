"""The engine's cycles."""
