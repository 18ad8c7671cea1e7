"""`make bench`: ratios to bare parts, all measured in this run on this machine."""

from __future__ import annotations

import platform
import sys

from bench import adult, chains, hops, manifests, recording, relevance, searching

PARTS = (manifests, chains, recording, searching, relevance, hops, adult)


def main(names: list[str]) -> None:
    """Run all parts, or those that are named."""
    print(f"python -m bench {' '.join(names)}".rstrip())
    print(f"Python {platform.python_version()}, {platform.machine()}; best of several rounds")
    print(f"{'':<44} {'ratio':>9}  {'ours':>10}  beside")
    for part in PARTS:
        if not names or part.__name__.removeprefix("bench.") in names:
            for row in part.run():
                print(row)


if __name__ == "__main__":
    main(sys.argv[1:])
