"""The pages of rings: the circle, its members, its history, and how to join."""
