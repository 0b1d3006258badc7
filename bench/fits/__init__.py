"""Where fitted constants come from: each script prints what the library's source then holds."""
