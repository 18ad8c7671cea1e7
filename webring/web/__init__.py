"""What the world sees: pages, the API, and what instances and homeservers ask."""
