"""Make the golden vectors: `python -m tests.vectors.make` writes them anew.

A test makes them again and compares, so that neither they nor the program change unnoticed.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.vectors import (
    bytes_cases,
    chain_cases,
    document_cases,
    examples,
    history_cases,
    ring_cases,
)

HERE = Path(__file__).parent
PROTOCOL = HERE.parent.parent / "docs" / "protocol.md"

FILES = {
    "keys.json": bytes_cases.keys,
    "canonical.json": bytes_cases.canonical_json,
    "ed25519.json": bytes_cases.signatures,
    "signing.json": bytes_cases.signing,
    "manifests.json": document_cases.manifests,
    "pages.json": document_cases.pages,
    "messages.json": document_cases.messages,
    "wellknown.json": document_cases.wellknowns,
    "xmatrix.json": document_cases.requests,
    "histories.json": history_cases.histories,
    "rings.json": ring_cases.rings,
    "chains.json": chain_cases.chains,
    "ring_messages.json": ring_cases.ring_messages,
}


def text_of(name: str) -> str:
    """The text of one file of vectors."""
    return json.dumps(FILES[name](), ensure_ascii=True, indent=1) + "\n"


def main() -> None:
    """Write every file, and the examples in the protocol's text."""
    for name in FILES:
        (HERE / name).write_text(text_of(name), encoding="utf-8")
    PROTOCOL.write_text(examples.fill(PROTOCOL.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
