"""`make bench`: ratios to bare parts, all measured in this run on this machine."""

from __future__ import annotations

import platform
import sys

from bench import adult, chains, crawling, hops, manifests, recording, relevance, searching

PARTS = (manifests, chains, recording, searching, relevance, crawling, hops, adult)
FULL = "--full"
"""Ask for the largest federation, too, which takes minutes."""


def main(names: list[str]) -> None:
    """Run all parts, or those that are named; with `--full`, the large federation beside them."""
    print(f"python -m bench {' '.join(names)}".rstrip())
    print(f"Python {platform.python_version()}, {platform.machine()}; best of several rounds")
    print(f"{'':<44} {'ratio':>9}  {'ours':>10}  beside")
    named = [name for name in names if name != FULL]
    for part in PARTS:
        if not names or part.__name__.removeprefix("bench.") in named:
            for row in part.run():
                print(row, flush=True)
    if FULL in names:
        for row in crawling.run_full():
            print(row, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
