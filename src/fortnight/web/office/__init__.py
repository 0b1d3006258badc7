"""The office: pages for those who work here, and who may open which."""
