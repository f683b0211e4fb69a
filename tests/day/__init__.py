"""A day of a hundred people coming and going: which phones should sound, and which did."""
