"""The page that other sites frame: a member's ways on, or those of a ring as a whole. Pure.

It works without script, and without any right but to be shown; `static/embed/frame.js` helps where
a frame may not lead the page around it on. Its links name this instance alone, never a neighbour's
own address: pages that let frames lead them on do so to the frame's own host.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from markupsafe import Markup

from webring.web.embed.files import SCRIPT, STYLE, embed_file
from webring.web.embed.options import Options, Picture, Theme
from webring.web.embed.place import Neighbour, Place
from webring.web.embed.snippets import (
    BUTTON_HEIGHT,
    BUTTON_WIDTH,
    EXTERNAL,
    heading,
    member_of,
    title,
)
from webring.web.hops import Direction

CSP: Final = (
    f"default-src 'none'; style-src '{embed_file(STYLE).source}'; script-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'"
)
"""The style stands in the page: a browser shows a frame of another site before its stylesheet is
there, and then everything jumps. No `frame-ancestors`: anybody may frame it, also a page from a
file or in a sandbox.
"""

HEADERS: Final = MappingProxyType(
    {
        "Content-Security-Policy": CSP,
        "Referrer-Policy": "strict-origin",
        "X-Robots-Tag": "noindex",
        # A page that isolates itself shows only frames that say the same.
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
)
"""What is said beside the page."""


def frame_page(place: Place, options: Options) -> str:
    """The page."""
    name = Markup("<bdi>{}</bdi>").format(place.name)
    return _PAGE.format(
        language=options.words.language,
        direction=options.words.direction,
        theme=_theme(options.theme),
        title=title(place, options),
        head=_head(place.base_url),
        tag=heading(options),
        button=place.button(Picture.SVG),
        width=BUTTON_WIDTH,
        height=BUTTON_HEIGHT,
        label=member_of(place, options) if place.member else name,
        items=Markup("\n").join(_items(place, options)),
    )


def refusal_page(base_url: str, sentence: str) -> str:
    """What a frame shows that has nothing to show: why, and where it comes from."""
    return _REFUSAL.format(
        head=_head(base_url), sentence=sentence, home=f"{base_url}/", rel=EXTERNAL
    )


_PAGE: Final = Markup(
    """\
<!DOCTYPE html>
<html lang="{language}" dir="{direction}"{theme}>
<head>
{head}
<title>{title}</title>
</head>
<body>
<nav aria-labelledby="label">
<{tag} class="label" id="label"><img src="{button}" width="{width}" height="{height}" alt=""> \
<span>{label}</span></{tag}>
<ul>
{items}
</ul>
</nav>
</body>
</html>
"""
)
_REFUSAL: Final = Markup(
    """\
<!DOCTYPE html>
<html lang="en">
<head>
{head}
<title>Webring</title>
</head>
<body>
<p>{sentence}</p>
<p><a href="{home}" target="_top" data-alone {rel}>{home}</a></p>
</body>
</html>
"""
)


def _head(base_url: str) -> Markup:
    script = embed_file(SCRIPT)
    return Markup(
        '<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex">\n'
        "<style>{style}</style>\n"
        '<script defer src="{base}/embed/{script}?v={version}"></script>'
    ).format(
        base=base_url,
        style=Markup(embed_file(STYLE).data.decode()),  # noqa: S704 (a file of ours)
        script=script.name,
        version=script.version,
    )


def _theme(theme: Theme) -> Markup:
    if theme is Theme.AUTO:
        return Markup()
    return Markup(' data-theme="{}"').format(theme.value)


def _items(place: Place, options: Options) -> list[Markup]:
    words = options.words
    ways = [
        _way(words.previous, place.hop(Direction.PREVIOUS), place.previous),
        _way(words.next, place.hop(Direction.NEXT), place.next),
    ]
    return [
        *(ways if place.member else ()),
        Markup("<li>{}</li>").format(_link(place.hop(Direction.RANDOM), words.random)),
        Markup("<li>{}</li>").format(
            _link(place.ring_page, words.all_members, Markup(" data-alone"))
        ),
    ]


def _way(word: str, address: str, neighbour: Neighbour | None) -> Markup:
    text = Markup("<span>{}</span>").format(word)
    if neighbour is not None:
        text += Markup(" <bdi>{}</bdi>").format(neighbour.title)
    return Markup('<li class="way">{}</li>').format(_link(address, text))


def _link(address: str, text: str, more: str = "") -> Markup:
    return Markup('<a href="{}" target="_top" {}{}>{}</a>').format(address, EXTERNAL, more, text)
