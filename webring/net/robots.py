"""robots.txt, by RFC 9309: a directory is not read where its host asks crawlers to stay away.

4xx is leave; 5xx is "stay away for now"; a host that nobody reaches is reported as such, not as one
that refused. A group for us wins over `*`. Kept a day, across restarts.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from protego import Protego

from webring.clock import DAY, HOUR, Clock, Millis
from webring.errors import RobotsRefused
from webring.net.hosts import HostBook

TOKEN: Final = "webring"  # noqa: S105 (RFC 9309's word for a crawler's name)
"""The product token that robots.txt may name."""
KEPT: Final[Millis] = DAY
KEPT_AFTER_FAILURE: Final[Millis] = HOUR
MAX_RULES: Final = 2_000
"""Rules that are read of one file; a longer one is cut there."""
PARSED: Final = 256
"""Parsed files kept at hand."""
STAY_AWAY: Final = "# It could not be read.\nUser-agent: *\nDisallow: /"
"""What holds in the place of a file that is not known; in those that are, no comment is kept."""
_OK: Final = 200
_SERVER_ERROR: Final = 500
_TOO_MANY: Final = 429

_PRODUCT: Final = re.compile(r"[a-z_-]*")

ReadRobots = Callable[[], Awaitable[tuple[int, str]]]
"""Fetches robots.txt: its final status and text. Raises `FetchError` where nobody answers."""


class Robots:
    """What hosts allow."""

    def __init__(self, book: HostBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock
        self._parsed: OrderedDict[str, Protego] = OrderedDict()

    async def check(self, host: str, target: str, read: ReadRobots) -> None:
        """Raise `RobotsRefused` unless `host` lets us ask for `target` (path and query).

        `read` is awaited only where nothing fresh is known; its `FetchError` is the caller's.
        """
        text = await self._text(host, read)
        if not self._rules(text).can_fetch(f"https://host{target}", TOKEN):
            raise _refusal(host, target.partition("?")[0], certain=text != STAY_AWAY)

    async def _text(self, host: str, read: ReadRobots) -> str:
        state, now = await self._book.get(host), self._clock()
        if state.robots is not None and now < state.robots_until <= now + KEPT:
            return state.robots
        status, body = await read()
        if status < _SERVER_ERROR and status != _TOO_MANY:
            text = for_us(body) if status == _OK else ""
            await self._book.change(host, robots=text, robots_until=now + KEPT)
            return text
        kept = state.robots if state.robots is not None else STAY_AWAY
        await self._book.change(host, robots=kept, robots_until=now + KEPT_AFTER_FAILURE)
        return kept

    def _rules(self, text: str) -> Protego:
        rules = self._parsed.get(text) or Protego.parse(text)
        self._parsed[text] = rules
        self._parsed.move_to_end(text)
        if len(self._parsed) > PARSED:
            self._parsed.popitem(last=False)
        return rules


def _refusal(host: str, path: str, *, certain: bool) -> RobotsRefused:
    if certain:
        return RobotsRefused(f"robots.txt of {host} asks us not to read {path}", host=host)
    why = f"robots.txt of {host} could not be read, so that {path} is not read now"
    return RobotsRefused(why, host=host, certain=False)


def for_us(text: str) -> str:
    """Only the groups for us and for everybody, at most `MAX_RULES` rules of them.

    The parser's work grows with agents times rules, so a hostile file of many of both would keep
    us busy; and nothing else needs to be stored.
    """
    kept: list[str] = []
    ours, in_agents = False, False
    for line in text.replace("\0", "\N{REPLACEMENT CHARACTER}").splitlines():
        field, _, value = line.partition("#")[0].partition(":")
        name, value = field.strip().lower(), value.strip()
        if name == "user-agent":
            agent = "*" if value == "*" else _product(value)
            ours = agent in {"*", TOKEN} or (in_agents and ours)
            in_agents = True
            if agent in {"*", TOKEN}:
                kept.append(f"User-agent: {agent}")
        elif name in {"allow", "disallow"}:
            in_agents = False
            if ours:
                kept.append(f"{name.capitalize()}: {value}")
        if len(kept) >= MAX_RULES:
            break
    return "\n".join(kept)


def _product(value: str) -> str:
    """The product token that a User-agent line begins with, in lower case."""
    found = _PRODUCT.match(value.lower())
    return found[0] if found else ""
