"""A trace as a table, CSV, JSON, GeoJSON and one HTML file."""
