"""Fixes become stays and legs; what is left is a gap."""
