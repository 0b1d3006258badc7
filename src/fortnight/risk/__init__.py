"""How much an exposure weighs, by the disease's own rules."""
