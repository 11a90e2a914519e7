"""What an operator asks at a terminal, one module a group of commands."""
