"""The participant's side: pages for the people whose data it is."""
