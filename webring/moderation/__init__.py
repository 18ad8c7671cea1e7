"""What is kept out, and why."""
