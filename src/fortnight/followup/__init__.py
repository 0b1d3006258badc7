"""Follow-up: how people are after an exposure or a test, day by day, until it is over."""
