"""A small federation on this machine, to look at and to test with: `webring demo`."""
