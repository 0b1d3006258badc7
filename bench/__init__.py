"""Fortnight's search timed beside its peers: the same questions, the same machine, one run."""
