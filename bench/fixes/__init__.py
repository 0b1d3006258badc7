"""Table 2: peers on raw fixes, as people use them today, each with its own answer."""
