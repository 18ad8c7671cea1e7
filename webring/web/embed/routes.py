"""`/embed/`, `/oembed` and a ring's card: read, look the ring up in memory, show."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from webring.documents.ring_parts import MemberKind
from webring.errors import NotFound
from webring.text import line
from webring.web.embed import button, card, oembed, selfhosting
from webring.web.embed.asking import circle_of, known_circle, known_place, place_of, shared
from webring.web.embed.files import SCRIPT, EmbedFile, embed_file, released
from webring.web.embed.frame import HEADERS, frame_page
from webring.web.embed.options import Form, Options, Picture, read_options
from webring.web.embed.pictures import button_of, card_of
from webring.web.embed.place import WHOLE, Place
from webring.web.embed.snippets import snippet
from webring.web.serving import services
from webring.web.static import FOR_A_WHILE, FOR_EVER

_HTML: Final = "text/html"
_TYPES: Final = {Picture.SVG: "image/svg+xml", Picture.PNG: "image/png"}
_NOINDEX: Final = {"X-Robots-Tag": "noindex"}
_SVG_CSP: Final = {"Content-Security-Policy": "default-src 'none'; sandbox"}


async def element(request: Request) -> Response:
    """A released file, which never changes."""
    name = f"web-ring-{request.path_params['number']}.js"
    if name not in released():
        raise NotFound(f"there is no {name}")
    return _file(request, embed_file(name), FOR_EVER)


async def script(request: Request) -> Response:
    """The script of frames: kept for ever where the address names its version."""
    file = embed_file(SCRIPT)
    named = request.query_params.get("v") == file.version
    return _file(request, file, FOR_EVER if named else FOR_A_WHILE)


async def ring_button(request: Request) -> Response:
    """The 88x31 button, in the ring's colours or in those that `ground` and `ink` name."""
    try:
        picture = Picture(request.path_params["picture"])
    except ValueError:
        raise NotFound("a button is an svg or a png") from None
    options = read_options(request.query_params)
    drawn = button_of(await circle_of(request), options.colours)
    body = button.svg(drawn) if picture is Picture.SVG else button.png(drawn)
    headers = _SVG_CSP if picture is Picture.SVG else {}
    return shared(request, body, _TYPES[picture], FOR_A_WHILE, headers)


async def ring_frame(request: Request) -> Response:
    """The frame of a ring as a whole."""
    return _framed(request, known_place(request, await circle_of(request), WHOLE))


async def member_frame(request: Request) -> Response:
    """The frame of a member."""
    return _framed(request, place_of(request, await circle_of(request)))


async def fragment(request: Request) -> Response:
    """The static fragment of a member, for site generators: with the neighbours of today."""
    return await _snippet(request, Form.STATIC, _HTML)


async def any_snippet(request: Request) -> Response:
    """What a member pastes, in the form that `form` names, as text."""
    return await _snippet(request, read_options(request.query_params).form, "text/plain")


async def archive(request: Request) -> Response:
    """The files for a member that serves them itself."""
    circle = await circle_of(request)
    place = place_of(request, circle)
    options = read_options(request.query_params)
    slot = circle.get(place.member)
    url = slot.url if slot and slot.kind is MemberKind.SITE else ""
    files = selfhosting.files(place, options, button_of(circle, options.colours), url)
    disposition = {"Content-Disposition": 'attachment; filename="webring.zip"'}
    return shared(
        request, selfhosting.archive(files), "application/zip", headers=_NOINDEX | disposition
    )


async def ring_card(request: Request) -> Response:
    """The picture that chats show beside a link to the ring."""
    wanted = card_of(await circle_of(request), services(request).settings.instance.base_url)
    return shared(request, await asyncio.to_thread(card.png, wanted), "image/png", FOR_A_WHILE)


async def consume(request: Request) -> Response:
    """oEmbed: the card of the ring or the member whose page `url` is."""
    instance, profile = services(request).settings.instance, services(request).settings.profile
    asked = oembed.read_asked(request.query_params, instance.base_url)
    options = replace(read_options(request.query_params), form=Form.FRAME)
    place = known_place(request, await known_circle(request, asked.ring), asked.member)
    content = oembed.answer(place, asked, options, line(profile.name) or instance.name)
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": f"public, max-age={oembed.CACHE_SECONDS}",
    }
    return JSONResponse(content, headers=headers)


def _framed(request: Request, place: Place) -> Response:
    body = frame_page(place, read_options(request.query_params))
    return shared(request, body.encode(), _HTML, headers=HEADERS)


async def _snippet(request: Request, form: Form, media_type: str) -> Response:
    options: Options = replace(read_options(request.query_params), form=form)
    body = snippet(place_of(request, await circle_of(request)), options)
    return shared(request, body.encode(), media_type, headers=_NOINDEX)


def _file(request: Request, file: EmbedFile, cache: str) -> Response:
    return shared(request, file.data, "text/javascript", cache)


ROUTES: Final = (
    Route("/embed/web-ring-{number:int}.js", element),
    Route(f"/embed/{SCRIPT}", script),
    Route("/embed/{ring}", ring_frame),
    Route("/embed/{ring}/button.{picture}", ring_button),
    Route("/embed/{ring}/{member}.html", fragment),
    Route("/embed/{ring}/{member}", member_frame),
    Route("/embed/{ring}/{member}/snippet", any_snippet),
    Route("/embed/{ring}/{member}/webring.zip", archive),
    Route("/rings/{ring}/card.png", ring_card),
    Route("/oembed", consume),
)
