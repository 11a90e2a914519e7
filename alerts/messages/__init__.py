"""What is said to people: put together, sent to many, held back when it is not live, and answered for by providers."""
