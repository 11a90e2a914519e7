"""Rules, evidence and verdicts of closed management."""
