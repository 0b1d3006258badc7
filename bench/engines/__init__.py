"""Table 1: every peer gets the same segments and must give the same answer. One peer a file."""
