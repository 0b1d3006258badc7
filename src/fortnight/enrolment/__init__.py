"""Coming in by one's own number: codes by text, grants, a PIN that is never sent, guardians."""
