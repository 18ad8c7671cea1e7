"""Sites of members as a browser meets them: each an origin of its own, with a strict policy."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

STRICT: Final = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""What the pages of a careful site may do; each embed adds only what it is said to need."""
STYLE: Final = (
    ":root { color-scheme: light dark; }"
    "body { background: #fff; color: #222; font: 1rem/1.5 sans-serif; margin: 1.5rem; }"
    "a { color: #00c; }"
    "@media (prefers-color-scheme: dark) {"
    " body { background: #111; color: #eee; } a { color: #9cf; } }"
)
"""What a site looks like that has taste, and little of it."""
STYLED: Final = '<link rel="stylesheet" href="/style.css">'
_HTML: Final = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a site answers."""

    body: bytes
    media_type: str = _HTML
    policy: str = STRICT
    isolated: bool = False
    """Whether the page asks for cross-origin isolation: then all that it shows has to agree."""


@dataclass(slots=True)
class Sites:
    """All sites of `*.localhost` at one port. `pages` are answers by host name and path.

    Whatever was not set is the home page of a site, which says whose it is.
    """

    pages: dict[tuple[str, str], Answer] = field(default_factory=dict)
    _server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        """Begin to answer."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.pages))
        threading.Thread(target=self._server.serve_forever, args=(0.05,)).start()

    def end(self) -> None:
        """End it."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def url(self, name: str, path: str = "/") -> str:
        """The address of a page."""
        assert self._server is not None
        return f"http://{name}.localhost:{self._server.server_port}{path}"

    def show(self, name: str, path: str, body: str, *directives: str) -> str:
        """Set a page, with what it may do beyond `STRICT`; its address."""
        policy = "; ".join((STRICT, *directives))
        self.pages[name, path] = Answer(body.encode(), policy=policy)
        return self.url(name, path)

    def consent(self, name: str, ring: str) -> None:
        """Say by the small file that a site is in a ring."""
        content = {"memberships": [{"ring": ring, "url": self.url(name)}]}
        answer = Answer(json.dumps(content).encode(), "application/json")
        self.pages[name, "/.well-known/webring.json"] = answer


def document(
    content: str, *, language: str = "en", direction: str = "ltr", head: str = STYLED
) -> str:
    """A page around an embed."""
    return (
        f'<!DOCTYPE html>\n<html lang="{language}" dir="{direction}">\n<head>'
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>A site</title>{head}</head>\n"
        f"<body>\n<main>\n<h1>A site</h1>\n{content}\n<p>What stands below.</p>\n</main>\n"
        "</body>\n</html>\n"
    )


def _handler(pages: dict[tuple[str, str], Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.headers.get("Host", "").partition(".localhost")[0]
            home = Answer(document(f"<p>This is {name}.</p>").encode())
            style = Answer(STYLE.encode(), "text/css")
            path = self.path.partition("?")[0]
            answer = pages.get((name, path), style if path == "/style.css" else home)
            self.send_response(200)
            self.send_header("Content-Type", answer.media_type)
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header("Content-Security-Policy", answer.policy)
            if answer.isolated:
                self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
                self.send_header("Cross-Origin-Opener-Policy", "same-origin")
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
