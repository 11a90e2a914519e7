"""The live feed: the log replayed to every board, encoded once for all of them."""
