"""`webring init`: a new instance, from a few questions to files that start."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from webring import config, example
from webring.cli import snippets
from webring.cli.command import Setup, command, group
from webring.cli.printing import say
from webring.consistency import is_loopback
from webring.errors import ConfigError, InvalidName
from webring.names import PeerUrl, ServerName
from webring.storage import identity

app = group("")
PRIVATE: Final = 0o600
PRIVATE_DIR: Final = 0o700
LOOPBACK: Final = "127.0.0.0/8:*"
T = TypeVar("T")

NameOption = Annotated[
    str | None,
    typer.Option("--name", metavar="NAME", help="The instance's name, such as commune.example."),
]
BaseUrlOption = Annotated[
    str | None,
    typer.Option(
        "--base-url",
        metavar="URL",
        help="Where it is reached, such as https://ring.commune.example.",
    ),
]
HomeserverOption = Annotated[
    str | None,
    typer.Option("--homeserver", metavar="NAME", help="Your Matrix homeserver's server name."),
]
SeedOption = Annotated[
    list[str] | None,
    typer.Option("--seed", metavar="NAME", help="A homeserver to begin with; again for more."),
]
PeerOption = Annotated[
    list[str] | None,
    typer.Option("--peer", metavar="NAME", help="An instance that you trust; again for more."),
]
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIRECTORY",
        help="Where keys, database and index live; relative to webring.toml.",
    ),
]

SnippetsOption = Annotated[
    bool, typer.Option("--snippets", help="Make nothing: print the proxy's snippets once more.")
]


@dataclass(frozen=True, slots=True)
class Answers:
    """What `init` needs to know."""

    name: ServerName
    base_url: PeerUrl
    homeserver: ServerName | None
    seeds: tuple[ServerName, ...]
    peers: tuple[ServerName, ...]
    data_dir: Path | None


@command(
    app,
    "init",
    examples=[
        "webring init",
        "webring init --name commune.example --base-url https://ring.commune.example \\",
        "    --homeserver commune.example --seed matrix.org",
        "webring init --snippets",
    ],
)
def init(
    setup: Setup,
    name: NameOption = None,
    base_url: BaseUrlOption = None,
    homeserver: HomeserverOption = None,
    seed: SeedOption = None,
    peer: PeerOption = None,
    data_dir: DataOption = None,
    only_snippets: SnippetsOption = False,
) -> None:
    """Make a new instance: its keys, and webring.toml.

    Asks for what is not given, unless --name and --base-url are. Nothing that is there is
    overwritten: keys of an earlier init are kept, and another webring.toml stops it.
    """
    if only_snippets:
        print(snippets.whole(setup.settings))
        return
    if setup.path.exists():
        raise ConfigError(f"{setup.path} is there already: edit it, or name another by --config")
    given = {"name": name, "base_url": base_url, "homeserver": homeserver}
    answers = _complete(given, seed, peer, data_dir)
    text = example.render(_values(answers))
    settings = config.parse(text, {}, setup.path)
    kept = _identity(settings.instance.data_dir)
    _write(setup.path, text)
    print(snippets.next_steps(setup.path, settings, kept=kept))


def _complete(
    given: Mapping[str, str | None],
    seeds: list[str] | None,
    peers: list[str] | None,
    data_dir: Path | None,
) -> Answers:
    """The answers: from flags where these suffice, else asked for."""
    asking = not (given["name"] and given["base_url"])
    name = _answer("The instance's name, a server name", given["name"], ServerName.parse)
    url = _answer(
        "Where it will be reached", given["base_url"], _base_url, f"https://ring.{name.host}"
    )
    home = given["homeserver"]
    if asking and home is None:
        home = _ask("Your Matrix homeserver (empty: none)", _or_nothing, "")
    if asking and seeds is None:
        seeds = _ask("Homeservers to begin with, separated by spaces", _several, "").split()
    return Answers(
        name=name,
        base_url=url,
        homeserver=ServerName.parse(home) if home else None,
        seeds=tuple(ServerName.parse(each) for each in seeds or ()),
        peers=tuple(ServerName.parse(each) for each in peers or ()),
        data_dir=data_dir,
    )


def _answer(question: str, given: str | None, parse: Callable[[str], T], default: str = "") -> T:
    return parse(given) if given else _ask(question, parse, default)


def _ask(question: str, parse: Callable[[str], T], default: str | None) -> T:
    """Ask until the answer can be read."""
    while True:
        try:
            text = typer.prompt(question, default=default, show_default=bool(default))
        except typer.Abort:
            say()  # the question stands on a line of its own
            raise ConfigError(
                "init asks questions: without somebody to answer, give --name and --base-url"
            ) from None
        try:
            return parse(text.strip())
        except InvalidName as error:
            say(f"{error}. Once more:")


def _or_nothing(text: str) -> str:
    return ServerName.parse(text) if text else ""


def _several(text: str) -> str:
    return " ".join(ServerName.parse(each) for each in text.split())


def _base_url(text: str) -> PeerUrl:
    return PeerUrl.parse(text, allow_http=is_loopback(text))


def _values(answers: Answers) -> dict[str, dict[str, object]]:
    """The settings that differ from their defaults."""
    values: dict[str, dict[str, object]] = {
        "instance": {"name": answers.name, "base_url": answers.base_url},
        "homeserver": {"name": answers.homeserver} if answers.homeserver else {},
        "crawl": {"seeds": answers.seeds} if answers.seeds else {},
        "peers": {"seeds": answers.peers} if answers.peers else {},
    }
    if answers.data_dir is not None:
        values["instance"]["data_dir"] = answers.data_dir
    if answers.base_url.startswith("http://"):
        values["web"] = {"port": answers.base_url.server_name.port or 80}
        values["testing"] = {"allow": [LOOPBACK], "http": True}
    return values


def _identity(data_dir: Path) -> bool:
    """Make the keys; whether they were there already."""
    missing = identity.missing(data_dir)
    if missing == identity.NEEDED:
        data_dir.mkdir(mode=PRIVATE_DIR, parents=True, exist_ok=True)
        identity.create(data_dir)
        return False
    if missing:
        raise ConfigError(
            f"{identity.path(data_dir, missing[0])} is missing beside other keys: restore it from "
            "a backup, or name another place by --data-dir"
        )
    identity.load(data_dir)
    return True


def _write(path: Path, text: str) -> None:
    """Write the settings for the operator's eyes alone: a token may come to stand there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
    except FileExistsError:
        raise ConfigError(f"{path} is there already") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
