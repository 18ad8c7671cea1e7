"""`webring block` and `webring optout`: what is kept out, at once and after every later crawl."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from webring.cli.arguments import NameArgument, operator
from webring.cli.command import command, group
from webring.cli.database_setup import DatabaseSetup
from webring.cli.printing import AsJson, print_json, print_table, say, when
from webring.clock import now_ms
from webring.errors import BadRequest, NotFound
from webring.moderation.desk import Desk
from webring.moderation.patterns import Patterns, parse, told
from webring.moderation.reasons import Code
from webring.moderation.targets import Action, Target
from webring.names import ServerName
from webring.settings import Settings
from webring.storage import blocks

block_app = group(
    "Keep rooms, servers, spaces, globs or words out, by your decision.",
    example="webring block server matrix.example --reason 'spam'",
)
optout_app = group(
    "Keep rooms, servers or spaces out, at their own wish.",
    example="webring optout room '!abc123:matrix.example' --reason 'asked by its moderators'",
)

_STAYS = "It is gone at once, and still gone after the next crawl and a restore."
_DONE = {Action.BLOCK: "blocked", Action.OPTOUT: "opted out"}
ReasonOption = Annotated[
    str,
    typer.Option(
        "--reason", metavar="TEXT", help="Why: shown where people ask why it is not listed."
    ),
]
CodeOption = Annotated[
    Code, typer.Option("--code", help="Why, in one word: stands in the public log, without names.")
]
RoomArgument = Annotated[
    str,
    typer.Argument(help="A room id (!...), or an alias that is listed (#...).", metavar="ROOM"),
]
TargetArgument = Annotated[
    str,
    typer.Argument(
        help="A room id (!...), an alias that is listed (#...), a server name, a glob or a word.",
        metavar="TARGET",
    ),
]
GlobArgument = Annotated[
    str,
    typer.Argument(
        help="Server names with * (any characters) and ? (one); with ! or # before, room ids or "
        "aliases.",
        metavar="GLOB",
    ),
]
WordArgument = Annotated[
    str, typer.Argument(help="A word or phrase, found as whole words.", metavar="TEXT")
]
SureOption = Annotated[
    bool, typer.Option("--yes", "-y", help="Also where a large share of what is known goes.")
]
KindArgument = Annotated[Target, typer.Argument(help="What kind of thing it is.")]


def _add_commands(app: typer.Typer, word: str, action: Action, reason: str) -> None:
    """The five commands of one group; the two groups differ in whose wish it was."""
    examples = {
        Target.ROOM: "'!abc123:matrix.example'",
        Target.SERVER: "matrix.example",
        Target.SPACE: "'#garden:commune.example'",
    }
    helps = {
        Target.ROOM: "Keep a room out.",
        Target.SERVER: "Keep out a server, its rooms, and an instance of its name.",
        Target.SPACE: "Keep out a space and the rooms that it holds.",
    }
    for kind, text in helps.items():
        example = f"webring {word} {kind} {examples[kind]} --reason '{reason}'"
        _add_keeping_out(app, action, kind, text, example)
    _add_list(app, word, action)
    _add_remove(app, word, action, examples[Target.SERVER])


async def _keep_out(
    setup: DatabaseSetup, action: Action, kind: Target, target: str, reason: str, code: Code
) -> None:
    _check_not_ours(setup.settings, kind, target)
    async with setup.database() as db:
        desk = Desk(db, now_ms)
        kept = await desk.keep_out(action, kind, target, reason, operator(), code)
    say(f"{kept.target} is {_DONE[action]}; listings gone, and staying so: {kept.removed}.")


def _blocking(kind: Target) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The commands that block a server, and a room or space."""

    async def server(
        setup: DatabaseSetup,
        name: NameArgument,
        reason: ReasonOption = "",
        code: CodeOption = Code.RULES,
    ) -> None:
        await _keep_out(setup, Action.BLOCK, kind, name, reason, code)

    async def room(
        setup: DatabaseSetup,
        room: RoomArgument,
        reason: ReasonOption = "",
        code: CodeOption = Code.RULES,
    ) -> None:
        await _keep_out(setup, Action.BLOCK, kind, room, reason, code)

    return server, room


def _opting_out(kind: Target) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The commands that opt a server out, and a room or space."""

    async def server(setup: DatabaseSetup, name: NameArgument, reason: ReasonOption = "") -> None:
        await _keep_out(setup, Action.OPTOUT, kind, name, reason, Code.WISH)

    async def room(setup: DatabaseSetup, room: RoomArgument, reason: ReasonOption = "") -> None:
        await _keep_out(setup, Action.OPTOUT, kind, room, reason, Code.WISH)

    return server, room


def _add_keeping_out(
    app: typer.Typer, action: Action, kind: Target, text: str, example: str
) -> None:
    ways = _blocking(kind) if action is Action.BLOCK else _opting_out(kind)
    shown = ways[kind is not Target.SERVER]
    shown.__doc__ = f"{text}\n\n{_STAYS}"
    command(app, kind.value, examples=[example])(shown)


async def _keep_out_pattern(
    setup: DatabaseSetup, kind: Target, text: str, reason: str, code: Code, sure: bool
) -> None:
    async with setup.database() as db:
        desk = Patterns(db, now_ms, setup.settings)
        swept = await desk.keep_out(kind, text, reason, operator(), code, sure=sure)
    say(f"{parse(kind, text)} is blocked; gone, and staying so: {told(swept)}.")


@command(
    block_app,
    "glob",
    examples=[
        "webring block glob '*.spam.example' --reason 'spam'",
        "webring block glob '#*-giveaway:*'",
    ],
)
async def block_glob(
    setup: DatabaseSetup,
    glob: GlobArgument,
    reason: ReasonOption = "",
    code: CodeOption = Code.RULES,
    yes: SureOption = False,
) -> None:
    """Keep out every server, or every room, that a glob matches.

    It is refused where it would hit this instance, its homeserver or its communities.
    """
    await _keep_out_pattern(setup, Target.GLOB, glob, reason, code, yes)


@command(
    block_app,
    "word",
    examples=["webring block word giveaway", "webring block word 'double your coins'"],
)
async def block_word(
    setup: DatabaseSetup,
    text: WordArgument,
    reason: ReasonOption = "",
    code: CodeOption = Code.RULES,
    yes: SureOption = False,
) -> None:
    """Keep out whatever says a word or phrase in its name, topic or alias.

    Whole words count, in capitals or not, with accents or without.
    """
    await _keep_out_pattern(setup, Target.WORD, text, reason, code, yes)


def _check_not_ours(settings: Settings, kind: Target, target: str) -> None:
    """Refuse to keep out ourselves: nothing would be left to show, and nobody would know why."""
    if kind is not Target.SERVER:
        return
    server = ServerName.parse(target)
    if server == settings.instance.name:
        raise BadRequest(
            f"{server} is this instance itself: take out of [communities] what is amiss"
        )
    if server == settings.homeserver.name:
        raise BadRequest(
            f"{server} is this instance's own homeserver: take it out of [homeserver] first"
        )


def _add_list(app: typer.Typer, word: str, action: Action) -> None:
    async def list_(setup: DatabaseSetup, as_json: AsJson = False) -> None:
        async with setup.database() as db:
            kept = [block for block in await blocks.all(db.reader) if block.action == action]
        if as_json:
            fields = ("kind", "target", "action", "reason", "at")
            print_json([{field: getattr(block, field) for field in fields} for block in kept])
            return
        print_table(
            ["kind", "target", "since", "reason"],
            [(block.kind, block.target, when(block.at), block.reason) for block in kept],
            empty=f"Nothing is {_DONE[action]}.",
        )

    list_.__doc__ = f"Show what is {_DONE[action]}, since when, and why."
    command(app, "list", examples=[f"webring {word} list", f"webring {word} list --json"])(list_)


def _add_remove(app: typer.Typer, word: str, action: Action, example: str) -> None:
    async def remove(setup: DatabaseSetup, kind: KindArgument, target: TargetArgument) -> None:
        """Let something in again.

        What was removed comes back with the next crawl.
        """
        async with setup.database() as db:
            if kind.is_pattern and action is Action.BLOCK:
                there = await Patterns(db, now_ms, setup.settings).let_in(kind, target, operator())
                if not there:
                    raise NotFound(f"no {kind} {target} is blocked: see webring {word} list")
                say(f"{target} keeps nothing out any more.")
                return
            kept = await blocks.get(db.reader, kind, target)
            if kept is not None and kept.action != action:
                other = "optout" if action is Action.BLOCK else "block"
                raise NotFound(f"{target} is {_DONE[Action(kept.action)]}: see webring {other}")
            if not await Desk(db, now_ms).let_in(kind, target, operator()):
                raise NotFound(f"no {kind} {target} is kept out: see webring {word} list")
        say(f"{target} may be listed again.")

    command(app, "remove", examples=[f"webring {word} remove server {example}"])(remove)


_add_commands(block_app, "block", Action.BLOCK, "spam")
_add_commands(optout_app, "optout", Action.OPTOUT, "asked by its moderators")
