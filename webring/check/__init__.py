"""Whether the world can reach and verify an instance, and what to mend where it cannot.

Nothing is printed here, and nothing is changed: each part yields findings, one sentence each.
"""
