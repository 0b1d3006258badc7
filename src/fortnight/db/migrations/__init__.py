"""The steps by which the main database came to its present tables. Written once, never changed."""
