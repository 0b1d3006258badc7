"""Everything that is held of one person, for them to take; and what is left out, with reasons."""
