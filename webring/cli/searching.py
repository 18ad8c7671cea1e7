"""`webring search` and `webring reindex`: the index, from the command line."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from webring.cli.command import Setup, command, group
from webring.cli.printing import AsJson, console, print_json, print_table, say
from webring.directory.listing import Listing
from webring.search.planning import SearchRequest
from webring.search.service import SearchResult
from webring.services import open_search
from webring.text import cut, line, without_markers

app = group("")
TOPIC = 80
"""Graphemes of a topic in a table."""

TextArgument = Annotated[list[str] | None, typer.Argument(help="What to look for.", metavar="WORD")]
FoundOption = Annotated[
    bool, typer.Option("--found", help="Also rooms that only directories know.")
]
AdultOption = Annotated[bool, typer.Option("--adult", help="Also what is for adults only.")]
LimitOption = Annotated[
    int,
    typer.Option(
        "--limit", "-n", min=1, max=50, metavar="NUMBER", help="How many results to show, at most."
    ),
]
InterestOption = Annotated[
    str, typer.Option("--interest", metavar="WORD", help="Only about this interest.")
]
LanguageOption = Annotated[
    str, typer.Option("--language", metavar="TAG", help="Only in this language.")
]
ServerOption = Annotated[
    str, typer.Option("--server", metavar="NAME", help="Only listed by this homeserver.")
]


@command(
    app,
    "search",
    examples=[
        "webring search gardening",
        "webring search --found 'rust lang:en -async' --json",
        "webring search '#gardening:commune.example'",
    ],
)
async def search(
    setup: Setup,
    words: TextArgument = None,
    interest: InterestOption = "",
    language: LanguageOption = "",
    server: ServerOption = "",
    found: FoundOption = False,
    adult: AdultOption = False,
    limit: LimitOption = 20,
    as_json: AsJson = False,
) -> None:
    """Search communities and rooms, as the pages do.

    Without words, list them. Also while `webring serve` runs. Words may be "phrases", -excluded,
    #alias:server, !room, server:, lang:, interest:.
    """
    request = SearchRequest(
        text=" ".join(words or ()),
        interest=interest,
        language=language,
        server=server,
        found=found,
        adult=adult,
        limit=limit,
    )
    async with open_search(setup.settings) as (searching, _):
        result = await searching.search(request)
    if as_json:
        print_json(
            {
                "total": result.total,
                "hidden_found": result.hidden_found,
                "corrected": result.corrected,
                "some_words": result.some_words,
                "results": [_described(listing) for listing in result.results],
            }
        )
    else:
        _print(result)


@command(app, "reindex", examples=["webring reindex"])
async def reindex(setup: Setup) -> None:
    """Build the search index anew from the database. Search goes on meanwhile.

    It is rarely needed: a missing or damaged index is rebuilt by itself.
    """
    async with open_search(setup.settings) as (_, follower):
        with _bar() as bar:
            task = bar.add_task("listings")

            def show(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)

            count = await follower.rebuild(show)
    say(f"The index holds {count} listings.")


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console(),
    )


def _print(result: SearchResult) -> None:
    if result.corrected:
        say(f"Did you mean: {result.corrected}")
    if result.some_words and result.results:
        say("Too little has all of these words; this has some of them.")
    print_table(
        ["name", "alias", "standing", "members", "topic"],
        [_row(listing) for listing in result.results],
        empty="Nothing matches.",
    )
    say(f"{len(result.results)} of {result.total}.")
    if result.hidden_found:
        say(f"{result.hidden_found} more were only found in directories: --found shows them.")


def _row(listing: Listing) -> tuple[object, ...]:
    name = listing.name or listing.alias or listing.room_id
    alias = listing.alias or listing.room_id
    return (
        name,
        alias,
        listing.standing,
        listing.members,
        cut(line(without_markers(listing.topic)), TOPIC),
    )


def _described(listing: Listing) -> dict[str, Any]:
    fields = (
        "room_id", "kind", "standing", "community", "instance", "servers", "name", "topic", "alias",
        "url", "interests", "languages", "members", "join_rule", "world_readable", "adult",
    )  # fmt: skip
    return {field: getattr(listing, field) for field in fields}
