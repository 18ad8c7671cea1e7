"""Four instances on this machine, each a process, that know and verify each other; and rings."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from tests.acceptance.fourfold import ORCHARD, fourfold_plan
from tests.acceptance.instance import PATIENCE, Serving
from webring.demo.children import Child, end_all
from webring.demo.instances import lay_out
from webring.net.ports import can_bind

A, B, C, D = "meadow", "harbour", "lantern", ORCHARD
STEWARDS: Final = (A, B, C)
COMMUNITIES: Final = {A: "kitchen-garden", B: "small-boats", C: "night-sky", D: "apple-names"}


class Neighbourhood:
    """The instances by their keys, alive and acquainted. `end` ends all of it."""

    def __init__(self, folder: Path) -> None:
        plan = fourfold_plan()
        file = folder / "plan.json"
        file.write_bytes(msgspec.json.encode(plan))
        self._homeservers = Child(
            "homeservers", ["tests.acceptance.fourfold", str(file)], folder / "homeservers.log"
        )
        self.instances = {
            place.key: Serving(place.name, place.base_url, place.config)
            for place in lay_out(plan, folder)
        }
        try:
            self._begin(plan.server_ports.values())
        except BaseException:
            self.end()
            raise

    def __getitem__(self, key: str) -> Serving:
        return self.instances[key]

    def end(self) -> None:
        """End every process."""
        for instance in self.instances.values():
            instance.stop()
        end_all([self._homeservers])

    def found(self, slug: str, policy: str = "open") -> str:
        """A ring of three stewards, of whom two have signed; its id, once all of them hold it."""
        ring = f"{slug}:{self[A].name}"
        others = [part for key in (B, C) for part in ("--steward", self[key].name)]
        terms = ("--name", "Slow Things", "--interest", "gardening", "--policy", policy)
        self[A].run("ring", "create", slug, *terms, *others)
        self.cosign(ring, B)
        self.until(ring, STEWARDS, lambda seen: seen["sequence"] >= 1, "a ring of three stewards")
        return ring

    def cosign(self, ring: str, key: str) -> None:
        """Sign, as one instance's operator, the version that waits there."""
        at = self[key]

        def waiting() -> str | None:
            versions = at.command("ring", "requests")["versions"]
            held = (v for v in versions if (v["ring"], v["state"]) == (ring, "held"))
            return next((version["sha256"] for version in held), None)

        sha256 = at.until(waiting, f"asked to sign a version of {ring}")
        at.run("ring", "cosign", ring, sha256)

    def join(self, ring: str, keys: Iterable[str]) -> None:
        """Let the community of each join."""
        for key in keys:
            self[key].run("ring", "join", ring, COMMUNITIES[key], "--via", self[B].url)

    def asking(self, ring: str, key: str) -> str:
        """The id of the one request about which an instance's operator has to decide."""
        at = self[key]

        def waiting() -> str | None:
            asked = at.command("ring", "requests", ring)["requests"]
            return next((each["id"] for each in asked if each["state"] == "pending"), None)

        return at.until(waiting, f"asked for a place in {ring}")

    def until_peer(self, key: str, other: str, state: str) -> None:
        """Wait until another instance has some state as a peer of one of them."""
        at, name = self[key], self[other].name

        def look() -> bool | None:
            rows = at.command("peers", "list")
            return True if any((r["name"], r["state"]) == (name, state) for r in rows) else None

        at.until(look, f"calling {name} {state}")

    def shown(self, ring: str, key: str) -> Any:
        """What an instance shows of a ring; None while it holds no version."""
        answer = self[key].page(f"/rings/{ring}/export.json")
        return answer.json() if answer.is_success else None

    def until(
        self,
        ring: str,
        keys: Iterable[str],
        good: Callable[[Any], object],
        what: str,
        patience: float = PATIENCE,
    ) -> None:
        """Wait until each of these instances shows a ring as it should be."""
        for key in keys:

            def look(key: str = key) -> bool | None:
                seen = self.shown(ring, key)
                return True if seen is not None and good(seen) else None

            try:
                self[key].until(look, f"showing {what}", patience)
            except AssertionError as error:
                raise AssertionError(f"{error}\nit shows {self.shown(ring, key)}") from None

    def _begin(self, ports: Iterable[int]) -> None:
        deadline = time.monotonic() + PATIENCE
        while any(can_bind(port) for port in ports):
            assert self._homeservers.is_running, self._homeservers.tail()
            assert time.monotonic() < deadline, self._homeservers.tail()
            time.sleep(0.05)
        for instance in self.instances.values():
            instance.begin()
        for instance in self.instances.values():
            instance.wait()
            instance.until(partial(self._is_acquainted, instance), "acquainted")

    def _is_acquainted(self, instance: Serving) -> bool | None:
        """Whether it lists a community of everybody as spoken for; None while it does not."""
        answer = instance.page("/api/v1/communities?limit=50")
        listed = answer.json()["results"]
        spoken = {each["id"].split(":")[0] for each in listed if each["standing"] == "spoken_for"}
        return True if set(COMMUNITIES.values()) <= spoken else None


def members(seen: Mapping[str, Any], state: str = "active") -> set[str]:
    """The ids of the members of a ring, as shown, who are in a state."""
    return {each["id"] for each in seen["members"] if each["state"] == state}


def member_of(seen: Mapping[str, Any], url: str) -> Any:
    """The member of a ring, as shown, who lives at an address."""
    return next(each for each in seen["members"] if each["url"] == url)


def following(instance: Serving, ring: str) -> list[str]:
    """The addresses to which one instance leads, from one member to the next and round."""
    seen = instance.get(f"/rings/{ring}/export.json")
    start = at = min(members(seen))
    walked = []
    while True:
        answer = instance.page(f"/rings/{ring}/{at}/next")
        walked.append(answer.headers["location"])
        at = member_of(seen, walked[-1])["id"]
        if at == start or len(walked) > len(seen["members"]):
            return walked
