"""The builder: a member chooses a form and a mirror, sees its embed live, and copies it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode, urlsplit

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from webring.documents.ring import MemberKind
from webring.errors import BadRequest
from webring.rings.circle import Circle
from webring.rings.site import WELL_KNOWN_PATH
from webring.storage import ring_members
from webring.text import shown_server
from webring.web.embed.asking import circle_of, place_of
from webring.web.embed.options import LEVELS, Form, Options, Picture, Theme, read_options
from webring.web.embed.place import Place
from webring.web.embed.selfhosting import consent
from webring.web.embed.snippets import directives, own_from_here, snippet
from webring.web.embed.words import SPOKEN
from webring.web.middleware import CSP
from webring.web.rendering import page
from webring.web.rings import showing
from webring.web.serving import services

MIRRORS: Final = 20
"""Places that answer a ring's navigation, as far as they are offered."""
_COPYING: Final = f"{CSP}; frame-src 'self'"
"""The builder's page alone frames something: its own preview."""
_PREVIEW_CSP: Final = (
    "default-src 'none'; style-src 'self' {base}; script-src {base}; connect-src {base}; "
    "img-src {base}; frame-src {base}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
_PREVIEW: Final = Markup(
    '<!DOCTYPE html>\n<html lang="{language}" dir="{direction}">\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width">\n<title>{title}</title>\n'
    '<base target="_blank">\n<link rel="stylesheet" href="/static/preview.css">\n'
    '<body class="{theme}">\n{snippet}</body>\n</html>\n'
)


@dataclass(frozen=True, slots=True)
class Mirror:
    """A place that answers the ring's navigation: its host as people see it, and its base URL."""

    host: str
    base_url: str


async def builder(request: Request) -> Response:
    """The choices, the snippet and its preview. What is wrong with a choice is said above them."""
    circle = await circle_of(request)
    place = place_of(request, circle)
    options, problem = _options(request)
    mirrors = await _mirrors(request, circle)
    chosen = _chosen(request, mirrors)
    there = replace(place, base_url=chosen.base_url)
    stored = await ring_members.get(services(request).db.reader, circle.ring, place.member)
    slot = circle.get(place.member)
    response = page(
        request,
        "builder.html",
        status=BadRequest.status if problem else 200,
        noindex=True,
        circle=circle,
        here=showing.ring_path(circle.ring),
        name=showing.name_of(slot) if slot else "",
        member=place.member,
        stored=stored,
        options=options,
        problem=problem,
        forms=list(Form),
        pictures=list(Picture),
        themes=list(Theme),
        levels=LEVELS,
        languages=SPOKEN.values(),
        mirrors=mirrors,
        chosen=chosen,
        snippet=snippet(there, options),
        directives=directives(options.form, chosen.base_url),
        preview=f"{showing.ring_path(circle.ring)}/{place.member}/embed/preview?{_query(request)}",
        archive=f"{there.archive}?{_query(request)}",
        file=WELL_KNOWN_PATH if slot and slot.kind is MemberKind.SITE else "",
        consent=consent(circle.ring, slot.url).decode() if slot else "",
    )
    response.headers["Content-Security-Policy"] = _COPYING
    return response


async def preview(request: Request) -> Response:
    """The snippet on a page of its own, as it will look on a plain one."""
    circle = await circle_of(request)
    place = place_of(request, circle)
    options, _ = _options(request)
    base_url = _chosen(request, await _mirrors(request, circle)).base_url
    shown = _shown(replace(place, base_url=base_url), options)
    headers = {
        "Content-Security-Policy": _PREVIEW_CSP.format(base=base_url),
        "X-Robots-Tag": "noindex",
        "Cache-Control": "no-store",
    }
    return HTMLResponse(shown, headers=headers)


def _shown(place: Place, options: Options) -> str:
    """A site that serves the files itself is shown ours in their place."""
    own = options.form is Form.OWN
    return _PREVIEW.format(
        language=options.words.language,
        direction=options.words.direction,
        title=place.name,
        theme=options.theme.value,
        snippet=Markup((own_from_here if own else snippet)(place, options)),  # noqa: S704 (escaped)
    )


def _options(request: Request) -> tuple[Options, str]:
    """The options that the address names; those of the beginning, and a sentence, where they are
    wrong.
    """
    try:
        return read_options(request.query_params), ""
    except BadRequest as error:
        return Options(), error.sentence


async def _mirrors(request: Request, circle: Circle) -> list[Mirror]:
    """Where the ring is answered: here first, then at its stewards and mirrors."""
    here = services(request)
    own = here.settings.instance.base_url
    bases = await here.rings.checking.bases.of(here.db.reader, circle.ring)
    ordered = dict.fromkeys([str(own), *bases])
    return [Mirror(shown_server(urlsplit(base).netloc), base) for base in list(ordered)[:MIRRORS]]


def _chosen(request: Request, mirrors: list[Mirror]) -> Mirror:
    """The mirror that the address names by its base URL: one of those that are offered."""
    wanted = request.query_params.get("mirror", "")
    return next((each for each in mirrors if each.base_url == wanted), mirrors[0])


def _query(request: Request) -> str:
    kept = ("form", "lang", "level", "theme", "picture", "ground", "ink", "mirror")
    asked = request.query_params
    return urlencode({name: asked[name][:200] for name in kept if asked.get(name)})


ROUTES: Final = (
    Route("/rings/{ring}/{member}/embed", builder),
    Route("/rings/{ring}/{member}/embed/preview", preview),
)
