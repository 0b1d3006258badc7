"""Support in isolation: until when, what is needed, what pauses it, and what is objected to."""
