"""Search over every listing: a tantivy index that follows the database, and the way to ask it."""
