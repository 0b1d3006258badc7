"""The steps by which the tables of people came to be as they are. Written once, never changed."""
