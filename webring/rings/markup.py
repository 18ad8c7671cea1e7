"""HTML of strangers, read for tags alone: as a browser without script would see them.

Not a parser: no tree is built. It follows the HTML standard's tokenizer ("Tokenization", 13.2.5)
as far as telling apart what is markup and what is text: comments, raw text (script, style,
textarea, title, ...), quoted attributes. Each step goes forward and whatever is left open ends the
page, so that the time is linear in the length, whatever is in it. (Python's own `html.parser` is
quadratic on some inputs, and reads them differently from version to version.)
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

MAX_HTML: Final = 2 * 1024 * 1024
"""Characters of a page that are read; what follows is not."""
MAX_VALUE: Final = 4_096
"""Characters of an attribute's value that are kept; a longer one counts as empty."""
MAX_ATTRIBUTES: Final = 64
"""Attributes of one tag that are kept; further ones are passed over."""

_SPACE: Final = " \\t\\n\\f\\r"
_TAG: Final = re.compile(rf"<(/?)([A-Za-z][^{_SPACE}/>]*)")
_ATTRIBUTE: Final = re.compile(
    rf"[{_SPACE}/]*(?:(>)|([^{_SPACE}/>][^{_SPACE}/>=]*)"
    rf"(?:[{_SPACE}]*=[{_SPACE}]*(?:\"([^\"]*)\"|'([^']*)'|([^{_SPACE}\"'>][^{_SPACE}>]*)|([\"'])?))?)"
)
_COMMENT_END: Final = re.compile(r"--!?>")
_SCRIPT_STEP: Final = re.compile(
    r"(<!(?=--))|(-->)|<(/?)script(?=[\s/>])", re.IGNORECASE | re.ASCII
)
_REFERENCE: Final = re.compile(
    r"&(?:#[0-9]{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[A-Za-z][A-Za-z0-9]{1,31};)"
)
_RAW: Final = frozenset({"style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"})
"""Elements that hold text, never markup. (`noscript` holds markup for whoever runs no script.)"""
_RAW_END: Final = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE | re.ASCII) for name in sorted(_RAW)
}


@dataclass(frozen=True, slots=True)
class Start:
    """A start tag; names in lower case, the first of several attributes of one name."""

    name: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class End:
    """An end tag, with its name in lower case."""

    name: str


@dataclass(frozen=True, slots=True)
class Text:
    """Text between tags (`within` empty), or all of a raw text element (`within` its name)."""

    text: str
    within: str = ""


Token = Start | End | Text


def tokens(page: str) -> Iterator[Token]:
    """The tags and texts of a page, in order; comments and scripts are left out."""
    page = page[:MAX_HTML]
    at = 0
    while 0 <= at < len(page):
        start = page.find("<", at)
        if start < 0:
            yield Text(page[at:])
            return
        if start > at:
            yield Text(page[at:start])
        tag = _TAG.match(page, start)
        if tag is None:
            at, literal = _after_other(page, start)
            if literal:
                yield Text("<")
            continue
        attributes, at = _read_attributes(page, tag.end())
        if at < 0:
            return
        name = tag[2].lower()
        if tag[1]:
            yield End(name)
            continue
        yield Start(name, attributes)
        text, at = _raw_text(page, name, at)
        if text:
            yield Text(text, name)


def unescaped(value: str) -> str:
    """A value with its character references read, as in an attribute: `&copy=` stays as it is."""
    if "&" not in value:
        return value
    return _REFERENCE.sub(lambda found: html.unescape(found[0]), value)


def _after_other(page: str, start: int) -> tuple[int, bool]:
    """Where a `<` that begins no tag leads (-1: the page's end), and whether it is text."""
    if page.startswith("<!--", start):
        if page.startswith((">", "->"), start + 4):
            return page.index(">", start) + 1, False
        found = _COMMENT_END.search(page, start + 4)
        return (found.end() if found else -1), False
    if page.startswith(("<!", "<?", "</"), start):
        end = page.find(">", start)
        return (end + 1 if end >= 0 else -1), False
    return start + 1, True


def _read_attributes(page: str, at: int) -> tuple[Mapping[str, str], int]:
    """The attributes of a tag from behind its name, and where it ends; -1 where it never does."""
    found: dict[str, str] = {}
    while match := _ATTRIBUTE.match(page, at):
        at = match.end()
        if match[1]:
            return found, at
        if match[6]:  # a quote that nothing closes
            break
        if len(found) < MAX_ATTRIBUTES:
            value = match[3] or match[4] or match[5] or ""
            found.setdefault(match[2].lower(), value if len(value) <= MAX_VALUE else "")
    return found, -1


def _raw_text(page: str, name: str, at: int) -> tuple[str, int]:
    """The text that a start tag opens, and where markup goes on; scripts' text is not kept."""
    if name == "plaintext":
        return page[at:], -1
    if name == "script":
        return "", _after_script(page, at)
    if name not in _RAW:
        return "", at
    end = _RAW_END[name].search(page, at)
    return (page[at : end.start()], end.start()) if end else (page[at:], -1)


def _after_script(page: str, at: int) -> int:
    """Where a script's end tag stands (-1: nowhere), past those that it has in escaped text.

    Source: HTML standard, "script data escaped" and "double escaped" states.
    """
    escaped = doubly = False
    for step in _SCRIPT_STEP.finditer(page, at):
        if step[1]:
            escaped = True
        elif step[2]:
            escaped = doubly = False
        elif step[3]:
            if not doubly:
                return step.start()
            doubly = False
        elif escaped:
            doubly = True
    return -1
