"""Pages out of templates: everything from outside passes a filter, and autoescape."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final
from urllib.parse import quote, urlencode

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal
from babel.units import format_unit
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from webring import __version__
from webring.clock import DAY, SECOND, Millis
from webring.directory.listing import Listing
from webring.interests.vocabulary import vocabulary
from webring.names import RoomId, ServerName
from webring.rings.telling import Phrase, said
from webring.text import cut, line, shown, shown_server, without_markers
from webring.web.languages import SOURCE, catalogue, choose, direction
from webring.web.serving import services
from webring.web.static import style_version

NAME_LENGTH: Final = 80
"""Graphemes of a name that are shown."""
TOPIC_LENGTH: Final = 400
"""Graphemes of a topic that a list shows."""
SENTENCE_LENGTH: Final = 300
"""Graphemes of a reason that are shown."""
QUOTE_LENGTH: Final = 500
"""Graphemes of what one community says of another."""
MAX_VIA: Final = 3
"""Servers that a link names to join by."""
NOINDEX: Final = "noindex"
_LOCALES: Final = {SOURCE: "en_GB"}
"""Where dates are written another way than the language alone would have them."""
_ENDS: Final = (".", "!", "?")


def page(
    request: Request, template: str, *, status: int = 200, noindex: bool = False, **context: Any
) -> Response:
    """Render a page in the reader's language. `noindex` keeps it out of search engines."""
    language = choose(request.headers.get("accept-language", ""))
    here = services(request)
    body = (
        environment(language)
        .get_template(template)
        .render(
            request=request,
            path=request.url.path,
            site=here.settings.profile.name or here.settings.instance.name,
            description=here.settings.profile.description,
            base_url=here.settings.instance.base_url,
            instance=here.settings.instance.name,
            language=language,
            direction=direction(language),
            noindex=noindex,
            now=here.clock(),
            style=style_version(),
            version=__version__,
            **context,
        )
    )
    headers = {"Content-Language": language, "Vary": "Accept-Language"}
    if noindex:
        headers["X-Robots-Tag"] = NOINDEX
    return HTMLResponse(body, status, headers)


@cache
def environment(language: str) -> Environment:
    """The templates in one language."""
    made = Environment(
        loader=PackageLoader("webring.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    translations = catalogue(language)
    made.install_gettext_callables(  # type: ignore[attr-defined]
        translations.ugettext, translations.ungettext, newstyle=True
    )
    made.filters |= {
        "name": lambda text: cut(line(text), NAME_LENGTH),
        "topic": lambda text: cut(line(without_markers(text)), TOPIC_LENGTH),
        "text": lambda text: shown(without_markers(text)),
        "quoted": lambda text: cut(line(text), QUOTE_LENGTH),
        "server": shown_server,
        "segment": lambda text: quote(str(text), safe=""),
        "query": _query,
        "number": lambda number: format_decimal(number, locale=language),
        "time": lambda at: _time(at, language),
        "when": lambda at, now: _when(at, now, language),
        "days": lambda length: format_unit(round(length / DAY, 1), "duration-day", locale=language),
        "said": lambda text: _said(text, language, translations.ugettext),
        "told": lambda event: _phrased(said(event), language, translations.ugettext),
        "phrase": lambda phrase: _phrased([phrase], language, translations.ugettext),
        "publisher": publisher,
        "sentence": sentence,
        "interest": lambda slug: _interest(slug, language),
        "language": lambda tag: _language(tag, language),
        "matrix_uri": matrix_uri,
    }
    return made


def matrix_uri(room: RoomId | str, via: tuple[str, ...] = ()) -> str:
    """A `matrix:` URI of a room id or alias (Matrix specification, appendices, "URIs")."""
    kind = "r" if room.startswith("#") else "roomid"
    query = (
        f"&via={'&via='.join(quote(name) for name in via[:MAX_VIA])}"
        if via and kind == "roomid"
        else ""
    )
    return f"matrix:{kind}/{quote(room[1:], safe=':')}?action=join{query}"


def publisher(listing: Listing) -> ServerName | None:
    """The homeserver that a listing is named by: its alias's own, where that one publishes it."""
    own = listing.alias.server if listing.alias else None
    return own if own in listing.servers else next(iter(listing.servers), None)


def sentence(text: str) -> str:
    """Our own words as a whole sentence: errors are written to go on after a colon, too."""
    text = line(text)
    return f"{text[:1].upper()}{text[1:]}{'' if text[-1:] in _ENDS else '.'}"


def _query(values: dict[str, Any], **changed: Any) -> str:
    """A query string of the values that say something, with some changed."""
    merged = {**values, **changed}
    said = {key: value for key, value in merged.items() if value not in {None, "", False}}
    return urlencode({key: "1" if value is True else value for key, value in said.items()})


def _time(at: Millis | None, language: str) -> Markup:
    if at is None:
        return Markup("–")  # noqa: RUF001 (a dash for what never happened)
    moment = datetime.fromtimestamp(at / SECOND, UTC)
    text = format_datetime(moment, "medium", locale=_LOCALES.get(language, language))
    return Markup('<time datetime="{}">{} UTC</time>').format(moment.isoformat(), text)


def _when(at: Millis | None, now: Millis, language: str) -> Markup:
    """A time as seen from now; the exact one is there for whoever points at it."""
    if at is None:
        return _time(None, language)
    moment = datetime.fromtimestamp(at / SECOND, UTC)
    locale = _LOCALES.get(language, language)
    exact = format_datetime(moment, "medium", locale=locale)
    # Babel has no word for this very moment: "in 0 seconds" is nothing that people say.
    text = format_timedelta(round((at - now) / SECOND) or -1, add_direction=True, locale=locale)
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(
        moment.isoformat(), exact, text
    )


def _said(text: str, language: str, translate: Callable[[str], str]) -> Markup:
    """A sentence of ours that no template holds: in the reader's language, or marked as English."""
    own = translate(text) if text else ""
    shown_there = escape(cut(line(own), SENTENCE_LENGTH))
    foreign = own == text and language != SOURCE
    return (
        Markup('<span lang="{}">{}</span>').format(SOURCE, shown_there) if foreign else shown_there
    )


def _phrased(phrases: Iterable[Phrase], language: str, translate: Callable[[str], str]) -> Markup:
    """Sentences of ours, translated; what fills their gaps keeps its own direction."""
    sentences = []
    for phrase in phrases:
        own = translate(phrase.text)
        values = {key: Markup("<bdi>{}</bdi>").format(text) for key, text in phrase.values.items()}
        sentence = Markup(own) % values  # noqa: S704 (ours, as translated)
        foreign = own == phrase.text and language != SOURCE
        sentences.append(
            Markup('<span lang="{}">{}</span>').format(SOURCE, sentence) if foreign else sentence
        )
    return Markup(" ").join(sentences)


def _interest(slug: str, language: str) -> str:
    known = vocabulary().get(slug)
    return known.name(language) if known else slug


def _language(tag: str, language: str) -> str:
    """The name of a language, or its tag where it has none."""
    try:
        name = Locale.parse(tag, sep="-").get_display_name(language)
    except (ValueError, UnknownLocaleError):
        return tag
    return name or tag
