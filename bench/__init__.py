"""What `make bench` runs. Every figure is a ratio to a bare part, measured in the same run."""
