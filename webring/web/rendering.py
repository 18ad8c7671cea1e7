"""Pages out of templates: everything from outside passes a filter, and autoescape."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from webring import __version__
from webring.clock import SECOND, Millis
from webring.interests.vocabulary import vocabulary
from webring.names import RoomId
from webring.text import cut, line, shown, shown_server, without_markers
from webring.web.languages import catalogue, choose, direction
from webring.web.serving import services

NAME_LENGTH: Final = 80
"""Graphemes of a name that are shown."""
TOPIC_LENGTH: Final = 400
"""Graphemes of a topic that a list shows."""
MAX_VIA: Final = 3
"""Servers that a link names to join by."""
NOINDEX: Final = "noindex"


def static_directory() -> Path:
    """Where the stylesheet and the icons are: in the wheel, or beside the package."""
    installed = Path(__file__).parent.parent / "static"
    return installed if installed.is_dir() else Path(__file__).parent.parent.parent / "static"


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
        "server": shown_server,
        "segment": lambda text: quote(str(text), safe=""),
        "query": _query,
        "number": lambda number: format_decimal(number, locale=language),
        "time": lambda at: _time(at, language),
        "ago": lambda at, now: format_timedelta(
            (at - now) / SECOND, add_direction=True, locale=language
        ),
        "interest": lambda slug: _interest(slug, language),
        "matrix_uri": matrix_uri,
    }
    return made


@cache
def style_version() -> str:
    """The beginning of the stylesheet's hash, so that it can be cached for ever."""
    return hashlib.sha256((static_directory() / "style.css").read_bytes()).hexdigest()[:12]


def matrix_uri(room: RoomId | str, via: tuple[str, ...] = ()) -> str:
    """A `matrix:` URI of a room id or alias (Matrix specification, appendices, "URIs")."""
    kind = "r" if room.startswith("#") else "roomid"
    query = (
        f"&via={'&via='.join(quote(name) for name in via[:3])}" if via and kind == "roomid" else ""
    )
    return f"matrix:{kind}/{quote(room[1:], safe=':')}?action=join{query}"


def _query(values: dict[str, Any], **changed: Any) -> str:
    """A query string of the values that say something, with some changed."""
    merged = {**values, **changed}
    return urlencode(
        {key: value for key, value in merged.items() if value not in {None, "", False}}
    )


def _time(at: Millis | None, language: str) -> Markup:
    if at is None:
        return Markup("–")  # noqa: RUF001 (a dash for what never happened)
    moment = datetime.fromtimestamp(at / SECOND, UTC)
    text = format_datetime(moment, "medium", locale=language)
    return Markup('<time datetime="{}">{} UTC</time>').format(moment.isoformat(), text)


def _interest(slug: str, language: str) -> str:
    known = vocabulary().get(slug)
    return known.name(language) if known else slug
