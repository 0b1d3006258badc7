"""Who was where the case was, when, for how long and how sure that is."""
