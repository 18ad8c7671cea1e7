"""Signed documents: their bytes, keys, signatures and what makes them believable. No I/O."""
