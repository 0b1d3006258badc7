"""Contact tracing that people agree to: it looks back fourteen days, and forgets on the fifteenth."""
