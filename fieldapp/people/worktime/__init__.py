"""Working hours: in which clocks of answers and remedies run."""
