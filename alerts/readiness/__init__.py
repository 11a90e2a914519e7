"""What is ready before anybody presses: policies and their coverage, plans, announced windows, the test month."""
