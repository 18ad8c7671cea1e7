"""What is visited, when, and what becomes of it."""
