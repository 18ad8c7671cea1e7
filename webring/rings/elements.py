"""XML out of raw text: whatever somebody wrote, what leaves here is well formed. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from webring.clock import SECOND, Millis
from webring.text import shown

NO_ATTRIBUTES: Final[Mapping[str, str]] = MappingProxyType({})

_ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may contain, escaped or not (XML 1.0, "Char")."""
_LATEST: Final[Millis] = 253_402_300_799_000
"""The last second of the year 9999, behind which no date can be written."""


def root(name: str, attributes: Mapping[str, str]) -> Element:
    """A document's outermost element, with raw values of its attributes."""
    return Element(name, _legal(attributes))


def child(
    parent: Element, name: str, text: str = "", attributes: Mapping[str, str] = NO_ATTRIBUTES
) -> Element:
    """Add an element with raw text and raw values of its attributes."""
    element = ElementTree.SubElement(parent, name, _legal(attributes))
    if text:
        element.text = legal(text)
    return element


def written(document: Element) -> bytes:
    """The document in UTF-8, with its declaration."""
    data: bytes = ElementTree.tostring(document, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def legal(text: str) -> str:
    """`text` without what hides, reorders or may not stand in XML."""
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", shown(text))


def moment(at: Millis) -> datetime:
    """A time that was written by a stranger, as far as a calendar goes."""
    return datetime.fromtimestamp(min(at, _LATEST) / SECOND, UTC)


def _legal(attributes: Mapping[str, str]) -> dict[str, str]:
    return {name: legal(value) for name, value in attributes.items()}
