"""What was seen: one schema, one rule a function, one format a reader."""
