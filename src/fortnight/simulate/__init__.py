"""A seeded town whose true contacts are known."""
