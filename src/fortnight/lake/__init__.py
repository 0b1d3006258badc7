"""Fixes and other evidence by day and daily pseudonym, and the indexes that searches read."""
