"""The engine: cycles that escalate, deliver and supervise. Two engines side by side share the work by claiming rows."""
