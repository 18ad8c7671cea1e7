"""The text that a site's owner pastes: one function for each form, pure.

In every form: the member is named in the address, nothing runs or is styled inline (a strict
Content-Security-Policy forbids it), and a visitor's browser tells no more than the site's origin.
`rel` says `external` and never `prev` or `next`, which mean the pages of one document.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

from markupsafe import Markup

from webring.web.embed.files import ELEMENT, embed_file
from webring.web.embed.options import Form, Options, Theme
from webring.web.embed.place import Neighbour, Place
from webring.web.hops import Direction

BUTTON_WIDTH: Final = 88
BUTTON_HEIGHT: Final = 31
FRAME_WIDTH: Final = 300
FRAME_HEIGHT: Final = 150
"""CSS pixels."""
OWN_FOLDER: Final = "/webring"
"""Where a site that serves the files itself is expected to have them."""
SANDBOX: Final = (
    "allow-scripts allow-popups allow-popups-to-escape-sandbox "
    "allow-top-navigation-by-user-activation"
)
"""What the frame is granted: its links lead the whole page on, or a new one, when a person follows
them. Its cookies and its storage are nobody's."""
EXTERNAL: Final = Markup('rel="external" referrerpolicy="strict-origin"')


def snippet(place: Place, options: Options) -> str:
    """The snippet of a member in one form: lines of HTML, ended by a newline."""
    return f"{_FORMS[options.form](place, options)}\n"


def directives(form: Form, base_url: str) -> tuple[str, ...]:
    """What a form needs of the Content-Security-Policy of the page that it stands on."""
    return tuple(
        f"{name} {source.format(ring=base_url)}" for name, source in _DIRECTIVES[form].items()
    )


def title(place: Place, options: Options) -> str:
    """The title of a frame."""
    return f"{options.words.webring} – {place.name}"  # noqa: RUF001


def frame_address(place: Place, options: Options) -> str:
    """The address of the frame, with what differs from the rule."""
    asked = {"lang": options.words.language}
    asked |= {"level": str(options.level)} if options.level else {}
    asked |= {"theme": options.theme.value} if options.theme is not Theme.AUTO else {}
    return f"{place.frame}?{urlencode(asked)}"


def frame_tag(place: Place, options: Options, width: int, height: int) -> Markup:
    """The frame; its size in CSS pixels."""
    return Markup(
        '<iframe src="{}"\n  title="{}" lang="{}" width="{}" height="{}" loading="lazy"\n'
        '  referrerpolicy="strict-origin"\n  sandbox="{}"></iframe>'
    ).format(
        frame_address(place, options),
        title(place, options),
        options.words.language,
        width,
        height,
        SANDBOX,
    )


def own_from_here(place: Place, options: Options) -> str:
    """What a site pastes that serves the files itself, with our addresses of them: to be shown."""
    return str(_served(place, options, button_address(place, options), place.element))


def button_address(place: Place, options: Options) -> str:
    """The address of the button, with the colours that were chosen."""
    address = place.button(options.picture)
    return f"{address}?{urlencode(options.colours.query)}" if options.colours else address


def member_of(place: Place, options: Options) -> Markup:
    """ "Member of" the ring, the name kept apart where it runs the other way."""
    before, behind = options.words.around()
    return Markup("{}<bdi>{}</bdi>{}").format(before, place.name, behind)


def heading(options: Options) -> str:
    """The tag of an embed's label."""
    return f"h{options.level}" if options.level else "p"


def _links(place: Place, options: Options) -> Markup:
    return _nav(place, options, member_of(place, options), _ways(place, options))


def _button(place: Place, options: Options) -> Markup:
    address = button_address(place, options)
    return _nav(place, options, _picture(place, options, address), _hops(place, options))


def _element(place: Place, options: Options) -> Markup:
    script = Markup(
        '<script async src="{}"\n  integrity="{}"\n'
        '  crossorigin="anonymous" referrerpolicy="strict-origin"></script>'
    ).format(place.element, embed_file().integrity)
    return _upgraded(place, _links(place, options), script)


def _own(place: Place, options: Options) -> Markup:
    picture = f"{OWN_FOLDER}/button.{options.picture.value}"
    return _served(place, options, picture, f"{OWN_FOLDER}/{ELEMENT}")


def _served(place: Place, options: Options, picture: str, script: str) -> Markup:
    """The files, from wherever they are served."""
    nav = _nav(place, options, _picture(place, options, picture), _hops(place, options))
    return _upgraded(place, nav, Markup('<script async src="{}"></script>').format(script))


def _frame(place: Place, options: Options) -> Markup:
    return frame_tag(place, options, FRAME_WIDTH, FRAME_HEIGHT)


def _static(place: Place, options: Options) -> Markup:
    """The ways on as ever, and beside them the neighbours' own addresses, which lead there also
    when the ring's host is gone.
    """
    before, after, *others = _ways(place, options)
    items = [_beside(before, place.previous), _beside(after, place.next), *others]
    return _nav(place, options, member_of(place, options), items)


def _beside(link: Markup, neighbour: Neighbour | None) -> Markup:
    if neighbour is None:
        return link
    title = Markup("<bdi>{}</bdi>").format(neighbour.title)
    return Markup("{} – {}").format(link, _link(title, neighbour.url))  # noqa: RUF001


def _ways(place: Place, options: Options) -> list[Markup]:
    return [
        *_hops(place, options),
        _link(Markup.escape(options.words.all_members), place.ring_page),
    ]


def _hops(place: Place, options: Options) -> list[Markup]:
    words = options.words
    named = (
        (words.previous, Direction.PREVIOUS),
        (words.next, Direction.NEXT),
        (words.random, Direction.RANDOM),
    )
    return [_link(Markup.escape(word), place.hop(way)) for word, way in named]


def _link(text: Markup, href: str) -> Markup:
    return Markup('<a href="{}" {}>{}</a>').format(href, EXTERNAL, text)


def _picture(place: Place, options: Options, address: str) -> Markup:
    """The button, which is a link to the ring, and says the same as the words would."""
    before, behind = options.words.around()
    return Markup(
        '<a href="{}" {}><img src="{}" width="{}" height="{}" alt="{}" '
        'referrerpolicy="strict-origin"></a>'
    ).format(
        place.ring_page,
        EXTERNAL,
        address,
        BUTTON_WIDTH,
        BUTTON_HEIGHT,
        f"{before}{place.name}{behind}",
    )


def _nav(place: Place, options: Options, label: Markup, items: list[Markup]) -> Markup:
    """The paragraphs keep links as far apart as fingers need also where no stylesheet does (WCAG
    2.2, 2.5.8).
    """
    tag, name = heading(options), f"webring-{place.member[:8]}"
    words = options.words
    lines = [
        Markup('<nav aria-labelledby="{}" lang="{}" dir="{}">').format(
            name, words.language, words.direction
        ),
        Markup('  <{} id="{}">{}</{}>').format(tag, name, label, tag),
        Markup("  <ul>"),
        *(Markup("    <li><p>{}</p></li>").format(item) for item in items),
        Markup("  </ul>"),
        Markup("</nav>"),
    ]
    return Markup("\n").join(lines)


def _upgraded(place: Place, links: Markup, script: Markup) -> Markup:
    """The links as children of the custom element, which has nothing to do but to add to them."""
    return Markup('<web-ring src="{}">\n{}\n</web-ring>\n{}').format(place.titles, links, script)


_FORMS: Final[dict[Form, Callable[[Place, Options], Markup]]] = {
    Form.LINKS: _links,
    Form.BUTTON: _button,
    Form.ELEMENT: _element,
    Form.FRAME: _frame,
    Form.STATIC: _static,
    Form.OWN: _own,
}

_DIRECTIVES: Final[dict[Form, dict[str, str]]] = {
    Form.LINKS: {},
    Form.BUTTON: {"img-src": "{ring}"},
    Form.ELEMENT: {"script-src": "{ring}", "connect-src": "{ring}"},
    Form.FRAME: {"frame-src": "{ring}"},
    Form.STATIC: {},
    Form.OWN: {"script-src": "'self'", "img-src": "'self'", "connect-src": "{ring}"},
}
