"""Places with a poster: their codes, and the visits of people who agreed to them."""
