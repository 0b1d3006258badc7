"""What the service takes in a second, over HTTP, on each kind of database."""
