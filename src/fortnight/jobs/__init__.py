"""Durable jobs, and what runs by the clock."""
