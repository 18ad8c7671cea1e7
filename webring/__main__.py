"""`python -m webring` is `webring`."""

from __future__ import annotations

from webring.cli.app import main

if __name__ == "__main__":
    main()
