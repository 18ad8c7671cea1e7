"""Talking to Matrix servers, as one of them."""
