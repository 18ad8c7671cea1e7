"""A ring among real instances, one of whose stewards is in the hands of a thief."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from tests.acceptance.forging import UNASKED, Forge, Forgery, chain_at
from tests.acceptance.hostile import Hostile
from tests.acceptance.neighbourhood import STEWARDS, A, B, C, D, Neighbourhood
from tests.vectors.ring_world import Version
from webring.documents.message import MessageDraft
from webring.names import ServerName

EVERYBODY: Final = (A, B, C, D)


@dataclass(frozen=True)
class Stage:
    """The ring, of which the steward `thief` is `bad`; all `others` are lied to."""

    here: Neighbourhood
    ring: str
    forge: Forge
    thief: str
    bad: Hostile

    @property
    def others(self) -> tuple[str, ...]:
        """Everybody but the thief."""
        return tuple(key for key in EVERYBODY if key != self.thief)

    @property
    def stewards(self) -> tuple[str, str]:
        """The two stewards that are as they should be."""
        first, second = (key for key in STEWARDS if key != self.thief)
        return first, second

    @property
    def honest(self) -> tuple[ServerName, ...]:
        """Their names."""
        return tuple(ServerName(self.here[key].name) for key in self.stewards)

    @property
    def twice(self) -> tuple[ServerName, ...]:
        """Who signs what others have not: the thief, and one whose key was stolen as well."""
        return self.bad.name, self.honest[0]

    def chain(self) -> tuple[Version, ...]:
        """The ring as the others hold it."""
        return chain_at(self.here[self.others[0]], self.ring)

    def serve(self, served: Iterable[Version]) -> None:
        """Have the thief serve these versions, and claim the last of them."""
        self.bad.serve(self.ring, Forgery.of(tuple(served)))

    def told(self, key: str) -> tuple[str, str, str]:
        """What the last visit to the ring came to at an instance, why, and the version it holds."""
        asked = "SELECT outcome, why, sha256 FROM ring WHERE id = ?"
        ((outcome, why, sha256),) = self.here[key].rows(asked, self.ring)
        return outcome, why, sha256

    def evidence(self, key: str) -> Mapping[str, str]:
        """The versions that an instance's operator is shown as evidence, and for what."""
        kept = self.here[key].command("ring", "show", self.ring)["evidence"]
        return {each["sha256"]: each["code"] for each in kept}

    def until(self, outcome: str, sha256: str, keys: Iterable[str] = ()) -> None:
        """Wait until these (or all who are lied to) say that, and see that they hold a version."""
        for key in keys or self.others:

            def says(key: str = key) -> bool | None:
                return True if self.told(key)[0] == outcome else None

            self._wait(key, says, outcome)
            assert self.told(key)[2] == sha256, self.told(key)

    def until_held(self, sha256: str, keys: Iterable[str] = ()) -> None:
        """Wait until these (or all who are lied to) hold a version."""
        for key in keys or self.others:

            def holds(key: str = key) -> bool | None:
                return True if self.told(key)[2] == sha256 else None

            self._wait(key, holds, f"holding {sha256}")

    def propose(self, key: str, version: Version, state: str, reason: str) -> MessageDraft:
        """Have the thief propose a version to an instance, and wait until it answers so; what was
        sent.
        """
        asked = self.here[key]
        sent = self.bad.propose(asked, version)

        def answered() -> bool | None:
            said = self.bad.reply(asked, sent)
            return True if said["state"] == state and reason in said["reason"] else None

        try:
            asked.until(answered, f"answering {state}: {reason}")
        except AssertionError as error:
            raise AssertionError(f"{error}\nit answers {self.bad.reply(asked, sent)}") from None
        return sent

    def holds(self, sha256: str) -> None:
        """See that everybody who is lied to shows that version, and nobody unasked."""
        for key in self.others:
            seen: Any = self.here.shown(self.ring, key)
            assert seen["sha256"] == sha256
            assert UNASKED not in {each["url"] for each in seen["members"]}

    def _wait(self, key: str, look: Callable[[], bool | None], what: str) -> None:
        try:
            self.here[key].until(look, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\nit says {self.told(key)}") from None


@contextmanager
def staged(here: Neighbourhood, thief: str) -> Iterator[Stage]:
    """A ring with three versions, two of which the thief brings in: good ones are taken of it."""
    ring = here.found(f"forged-{thief}")
    here.until(ring, EVERYBODY, lambda seen: seen["sequence"] == 1, "its first version")
    stage = Stage(here, ring, Forge(here, ring), thief, Hostile(here[thief]))
    try:
        chain = list(stage.chain())
        for name in ("Slow Things", "Slower Things"):
            chain.append(stage.forge.good(chain[-1], name, stage.honest))
        stage.serve(chain)
        stage.until_held(chain[-1].head.sha256)
        yield stage
    finally:
        stage.bad.end()
