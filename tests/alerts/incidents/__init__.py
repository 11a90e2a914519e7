"""Answers, outputs and task cards."""
