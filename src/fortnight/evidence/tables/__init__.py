"""Tables other than of fixes, one kind a file."""
