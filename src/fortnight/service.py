"""The service, put together from its rooms."""
