"""Who works here: accounts, sign-in, sessions, and who may do what."""
