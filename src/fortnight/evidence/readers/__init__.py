"""One format a file: each reader turns bytes into rows, or says why not."""
