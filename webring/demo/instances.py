"""What the sample instances are told: an ordinary `webring.toml` and ordinary keys for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from webring.demo.plan import Plan
from webring.demo.sample import Federation, SampleInstance, SampleRoom
from webring.durations import Duration
from webring.example import render
from webring.names import ServerName
from webring.net.ports import LOOPBACK
from webring.storage import identity

CYCLE: Final = Duration.parse("5s")
"""How soon neighbours hear of each other: nobody wants to watch an hour go by."""
PRIVATE: Final = 0o600
"""Nobody else reads what holds a secret, as `webring check` wants it."""
SETTLED: Final = Duration.parse("1m")


@dataclass(frozen=True, slots=True)
class Place:
    """An instance that is laid out: its settings' file, and where it will serve."""

    key: str
    title: str
    name: ServerName
    base_url: str
    config: Path
    data_dir: Path


def lay_out(plan: Plan, folder: Path) -> list[Place]:
    """Write settings and keys of every instance under `folder`; keys that exist are kept."""
    return [_lay_out(plan, instance, folder) for instance in plan.federation.instances]


def settings_text(plan: Plan, instance: SampleInstance, data_dir: Path) -> str:
    """The `webring.toml` of one instance."""
    federation = plan.federation
    values = _values(plan, federation, instance, data_dir)
    return render(values) + "".join(_communities(federation, instance))


def _lay_out(plan: Plan, instance: SampleInstance, folder: Path) -> Place:
    home = folder / instance.key
    data_dir, config = home / "data", home / "webring.toml"
    data_dir.mkdir(parents=True, exist_ok=True)
    config.touch(mode=PRIVATE)
    config.chmod(PRIVATE)  # it holds a token
    config.write_text(settings_text(plan, instance, data_dir), encoding="utf-8")
    if identity.missing(data_dir) == identity.NEEDED:
        identity.create(data_dir)
    name = plan.federation.instance_names[instance.key]
    return Place(instance.key, instance.title, name, plan.base_url(instance.key), config, data_dir)


def _values(
    plan: Plan, federation: Federation, instance: SampleInstance, data_dir: Path
) -> Mapping[str, Mapping[str, object]]:
    own = federation.servers[instance.homeserver].name
    name = federation.instance_names[instance.key]
    others = [other for other in federation.instance_names.values() if other != name]
    return {
        "instance": {
            "name": name,
            "base_url": plan.base_url(instance.key),
            "data_dir": str(data_dir.resolve()),
        },
        "profile": {
            "name": instance.title,
            "description": instance.description,
            "languages": instance.languages,
            "contact": [f"mailto:keeper@{instance.key}.example"],
        },
        "homeserver": {
            "name": own,
            "client_url": f"http://{own}",
            "access_token": plan.tokens[instance.homeserver],
        },
        "communities": {"directory": instance.directory},
        "crawl": {
            "seeds": [own, *(federation.servers[key].name for key in instance.seeds)],
            "shortest_interval": CYCLE,
            "longest_interval": SETTLED,
        },
        "peers": {"seeds": others, "cycle": CYCLE},
        "web": {"host": LOOPBACK, "port": plan.instance_ports[instance.key]},
        "testing": {"allow": ["127.0.0.0/8:*"], "http": True},
    }


def _communities(federation: Federation, instance: SampleInstance) -> Iterator[str]:
    """The communities, each a table of its own."""
    rooms = {room.key: room for room in federation.servers[instance.homeserver].rooms}
    for key in instance.communities:
        yield _community(rooms[key])


def _community(room: SampleRoom) -> str:
    interests = ", ".join(f'"{each}"' for each in room.interests)
    languages = ", ".join(f'"{each}"' for each in room.languages)
    return (
        f"\n[[communities.community]]\n"
        f'id = "{room.key}"\nalias = "{room.alias}"\n'
        f"interests = [{interests}]\nlanguages = [{languages}]\n"
    )
