"""Texts: an outbox, templates, and gateways behind one narrow port."""
