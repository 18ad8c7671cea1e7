"""What is listed, and how it stands: pure types and rules."""
