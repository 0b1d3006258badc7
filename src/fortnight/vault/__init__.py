"""The only door to who is who: keys, people, pseudonyms, and the looks that opening it leaves."""
