"""A federated webring and discovery service for Matrix communities."""

__version__ = "0.1.0"
