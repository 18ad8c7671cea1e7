"""The operator's globs and words: what they match is gone at once, and stays gone."""

from __future__ import annotations

from typing import Final

from webring.clock import Clock
from webring.errors import BadRequest
from webring.moderation.blocklist import SIGILS, Blocklist
from webring.moderation.ours import Ours
from webring.moderation.reasons import Code
from webring.moderation.sweeping import Swept, restore, sweep
from webring.moderation.targets import Action, Target
from webring.names import MAX_IDENTIFIER
from webring.settings import Settings
from webring.storage import blocks, decisions, delistings
from webring.storage.blocks import Block
from webring.storage.database import Database
from webring.storage.decisions import Decision
from webring.storage.delistings import Delisting
from webring.text import words
from webring.text.globs import WILD

MAX_WORDS: Final = 100
"""Characters of a word or phrase."""
LARGE_SHARE: Final = 0.1
"""What keeps out more than this share of what is known is asked about first,"""
FEW: Final = 20
"""unless it is no more than this many."""
_SERVER_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_:[]")


class Patterns:
    """Carries out decisions about globs and words, in one transaction each, and logs them."""

    def __init__(self, db: Database, clock: Clock, settings: Settings) -> None:
        self._db = db
        self._clock = clock
        self._settings = settings

    async def keep_out(
        self,
        kind: Target,
        text: str,
        reason: str,
        actor: str,
        code: Code = Code.RULES,
        *,
        sure: bool = False,
    ) -> Swept:
        """Keep out whatever a glob or a word matches.

        Raises `BadRequest` for what is neither, for what would hit something of ours, and, unless
        the operator is `sure`, for what would hit a large share of what is known.
        """
        target, now = parse(kind, text), self._clock()
        block = Block(kind.value, target, Action.BLOCK.value, reason, now)
        async with self._db.transaction() as tx:
            hit = (await Ours.load(tx, self._settings)).hit_by(Blocklist.of([block]))
            if hit:
                raise BadRequest(f"{target!a} would keep out {hit}")
            await blocks.add(tx, block)
            swept = await sweep(tx, await Blocklist.load(tx), self._settings.instance.name, now)
            if is_large(swept) and not sure:
                raise BadRequest(
                    f"{target!a} would keep out {told(swept)}: add --yes if you mean it"
                )
            await decisions.log(tx, Decision(now, actor, f"block_{kind.value}", target, reason))
            line = Delisting(now, kind.value, code.value, swept.listings)
            await delistings.add(tx, [line])
        return swept

    async def let_in(self, kind: Target, text: str, actor: str) -> bool:
        """Take a glob or a word back; whether it was there."""
        target, now = parse(kind, text), self._clock()
        async with self._db.transaction() as tx:
            there = await blocks.remove(tx, kind.value, target)
            if there:
                await restore(tx, await Blocklist.load(tx), now)
                await decisions.log(tx, Decision(now, actor, "let_in", target, ""))
                line = Delisting(now, kind.value, Code.RULES.value, 0, restored=True)
                await delistings.add(tx, [line])
        return there


def parse(kind: Target, text: str) -> str:
    """A glob or a phrase as it is stored; `BadRequest` for what is none."""
    text = text.strip()
    if kind is Target.GLOB:
        return parse_glob(text)
    if not words(text) or len(text) > MAX_WORDS or not text.isprintable():
        raise BadRequest(f"a word or phrase has letters, and at most {MAX_WORDS} characters")
    return " ".join(words(text))


def parse_glob(text: str) -> str:
    """A glob as it is stored; of servers in lower case. Raises `BadRequest`."""
    if not text or len(text.encode(errors="replace")) > MAX_IDENTIFIER:
        raise BadRequest(f"a glob has 1 to {MAX_IDENTIFIER} bytes")
    if text[0] == "@":
        raise BadRequest("nobody is listed here by user id: a glob is about servers or rooms")
    rooms = text[0] in SIGILS
    text = text if rooms else text.lower()
    letters = set(text) - WILD
    wrong = any(not each.isprintable() or each.isspace() for each in letters)
    if wrong or not (rooms or letters <= _SERVER_LETTERS):
        raise BadRequest(
            f"{text[:80]!a} is no glob: write a server name, room id or alias with * and ?"
        )
    if not any(each.isalnum() for each in letters):
        raise BadRequest(f"{text[:80]!a} would keep out everything: name something")
    return text


def is_large(swept: Swept) -> bool:
    """Whether this took a large share of what is known."""
    pairs = ((swept.servers, swept.known_servers), (swept.listings, swept.known_listings))
    return any(gone > FEW and gone > known * LARGE_SHARE for gone, known in pairs)


def told(swept: Swept) -> str:
    """What went, in words."""
    return (
        f"{swept.servers} of {swept.known_servers} known servers, "
        f"and {swept.listings} of {swept.known_listings} listings"
    )
