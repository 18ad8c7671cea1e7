"""Rings in the API: reading them, and what a token's communities and operators do about them."""
