"""The schema's history, oldest first. `webring.storage.schema` says how to add to it."""
