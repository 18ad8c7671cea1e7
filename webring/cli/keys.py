"""`webring key`: the identities of this instance, and new keys for them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from webring.cli.command import Setup, command, group
from webring.cli.printing import AsJson, print_json, print_table, say, when
from webring.clock import now_ms
from webring.documents.keys import KeySet
from webring.errors import ConfigError
from webring.storage import identity, rotation
from webring.storage.identity import Identity

app = group("Show this instance's keys, or replace them.", example="webring key show")


class Which(StrEnum):
    """Which identity's key."""

    INSTANCE = "instance"
    MATRIX = "matrix"


FILES = {Which.INSTANCE: identity.INSTANCE, Which.MATRIX: identity.MATRIX}

WhichArgument = Annotated[
    Which, typer.Argument(help="What signs documents (instance) or Matrix requests (matrix).")
]
StolenOption = Annotated[
    bool, typer.Option("--compromised", help="The old key was stolen: it must count no more.")
]
RecoveryOption = Annotated[
    Path | None,
    typer.Option(
        "--recovery-key",
        metavar="FILE",
        help="The recovery key's file, where the instance's was stolen.",
    ),
]


@command(app, "show", examples=["webring key show", "webring key show --json"])
def show(setup: Setup, as_json: AsJson = False) -> None:
    """Show the public keys of both identities.

    And the public half of the recovery key.
    """
    settings = setup.settings
    keys = identity.load(settings.instance.data_dir)
    names = {
        Which.INSTANCE: settings.instance.name,
        Which.MATRIX: settings.instance.base_url.server_name,
    }
    if as_json:
        print_json(
            {
                "instance": _described(names[Which.INSTANCE], keys.instance_keys),
                "matrix": _described(names[Which.MATRIX], keys.matrix_keys),
                "recovery": {"id": keys.recovery_public.id, "key": keys.recovery_public.b64},
            }
        )
        return
    secret = identity.path(settings.instance.data_dir, identity.RECOVERY)
    rows = _rows(names, keys, "on this machine" if secret.exists() else "kept elsewhere")
    print_table(["identity", "name", "key", "public", "state"], rows, empty="")
    if secret.exists():
        say(f"The recovery key is still on this machine: take {secret} offline.")


@command(
    app,
    "rotate",
    examples=[
        "webring key rotate",
        "webring key rotate matrix",
        "webring key rotate --compromised --recovery-key /media/usb/recovery.key",
    ],
)
def rotate(
    setup: Setup,
    which: WhichArgument = Which.INSTANCE,
    compromised: StolenOption = False,
    recovery_key: RecoveryOption = None,
) -> None:
    """Put a new key in the place of the one in use.

    Restart `webring serve` afterwards. The old key goes on signing beside the new one for 180 days,
    so that every peer follows. After a theft it must not: the instance's key is then replaced by
    means of the recovery key.
    """
    instance = setup.settings.instance
    if recovery_key is not None and not (compromised and which is Which.INSTANCE):
        raise ConfigError(
            "--recovery-key is for an instance key that was stolen: add --compromised, or leave it "
            "out (nothing was rotated)"
        )
    if compromised and which is Which.INSTANCE:
        if recovery_key is None:
            raise ConfigError(
                "a stolen instance key is replaced by means of the recovery key: add "
                "--recovery-key FILE (without it no peer could follow)"
            )
        keys = rotation.recover(instance.data_dir, instance.name, recovery_key, now_ms())
    else:
        keys = rotation.rotate(instance.data_dir, FILES[which], now_ms(), compromised=compromised)
    say(f"The {which} key is {keys.current.id} now. Restart webring serve to sign with it.")
    if recovery_key is not None:
        say(
            "Every manifest carries the recovery from then on. Take the recovery key offline again."
        )


def _described(name: str, keys: KeySet) -> dict[str, Any]:
    return {
        "name": name,
        "id": keys.current.id,
        "key": keys.current.verify_key.b64,
        "retired": [
            {
                "id": old.key.id,
                "key": old.key.verify_key.b64,
                "retired_at": old.retired_at,
                "compromised": old.compromised,
            }
            for old in keys.retired
        ],
    }


def _rows(names: Mapping[Which, str], keys: Identity, recovery_state: str) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for which, of in ((Which.INSTANCE, keys.instance_keys), (Which.MATRIX, keys.matrix_keys)):
        current = of.current.verify_key
        rows.append((which, names[which], current.id, current.b64, "in use"))
        for old in of.retired:
            word = "compromised" if old.compromised else "retired"
            state = f"{word} {when(old.retired_at)}"
            rows.append((which, names[which], old.key.id, old.key.verify_key.b64, state))
    recovery = keys.recovery_public
    rows.append(("recovery", names[Which.INSTANCE], recovery.id, recovery.b64, recovery_state))
    return rows
