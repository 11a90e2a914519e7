"""What reaches the whole city takes two people; one alone, with a reason, where it cannot wait."""
