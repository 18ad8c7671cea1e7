"""How a command of ours becomes one of typer's: its settings, its errors, its examples.

A command is a function, plain or `async`, whose first parameter is the `Setup` or a kind of it; the
rest are what typer makes options and arguments of. Every command takes `--config` besides, before
or after its name.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from webring import config
from webring.cli.failing import failing
from webring.names import PeerUrl, ServerName
from webring.settings import InstanceSettings, Settings

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        help="The settings' file. Without it: WEBRING_CONFIG, or webring.toml in this directory.",
        show_default=False,
    ),
]


class Setup:
    """What a command begins with: where the settings are. They are read when first asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def visitor(self) -> Settings:
        """The settings where there are any, else those of somebody without an instance."""
        if self.path.exists():
            return self.settings
        return Settings(InstanceSettings(ServerName("localhost"), PeerUrl("https://localhost")))

    @functools.cached_property
    def settings(self) -> Settings:
        """The settings; `ConfigError` names everything that is wrong with them."""
        return config.load(self.path, os.environ)


def group(
    text: str,
    *,
    example: str = "",
    completion: bool = False,
    kind: type[TyperGroup] | None = None,
) -> typer.Typer:
    """A group of commands. Its help is plain text: brackets are brackets, also in a pipe.

    `kind` is what `deferring` makes, for a group whose commands are imported when asked for.
    """
    return typer.Typer(
        help=f"{text}\n\n\b\nFor example:\n  {example}" if example else text,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=completion,
        cls=kind,
    )


def command(
    app: typer.Typer, name: str, *, examples: Sequence[str]
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add a command to `app`. Its help is its docstring, and `examples` of its use."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        text = inspect.cleandoc(function.__doc__ or "")
        shown = "\n".join(f"  {example}" for example in examples)
        app.command(name, help=f"{text}\n\n\b\nFor example:\n{shown}")(_runner(function))
        return function

    return add


def _runner(function: Callable[..., Any]) -> Callable[..., None]:
    """`function` as typer calls it: with a context and `--config` in place of its `Setup`."""
    signature = inspect.signature(function, eval_str=True)
    first, *taken = signature.parameters.values()
    kind: type[Setup] = first.annotation
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    option = inspect.Parameter(
        "config_file", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=ConfigOption
    )
    parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in taken]

    def run(*, context: typer.Context, config_file: Path | None = None, **given: Any) -> None:
        setup = kind(config_file or context.obj or default_file())
        with failing():
            done = function(setup, **given)
            if inspect.iscoroutine(done):
                asyncio.run(done)

    run.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[context, *parameters, option], return_annotation=None
    )
    run.__annotations__ = {each.name: each.annotation for each in (context, *parameters, option)}
    return run


def default_file() -> Path:
    """The settings' file where the command line names none."""
    return Path(os.environ.get(config.FILE_VARIABLE) or config.DEFAULT_FILE)
