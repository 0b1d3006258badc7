"""Cases: token, the case's own yes, trace, exposures."""
