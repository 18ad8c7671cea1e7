"""An instance in the hands of a thief: its address, its name and its keys, and a forger's words."""

from __future__ import annotations

import http.server
import json
import re
import threading
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import httpx

from tests.acceptance.forging import Forgery, signing_key
from tests.acceptance.instance import Serving
from tests.vectors.ring_world import Version
from webring.clock import now_ms
from webring.documents import canonical, envelope, message, ring_messages
from webring.documents.message import MessageDraft
from webring.names import ServerName
from webring.net.ports import LOOPBACK

INBOX: Final = "/webring/v1/inbox"
_RING: Final = re.compile(r"/webring/v1/rings/([^/]+)")
_PAGE: Final = re.compile(r"/webring/v1/pages/([0-9a-f]{64})")
_LIFE: Final = 24 * 60 * 60 * 1000


class Hostile:
    """Takes the place of a real instance, which is killed. What it says of itself stays as it was;
    of rings it says what it is told to. `end` gives the place back, and starts the real one.
    """

    def __init__(self, real: Serving) -> None:
        self.real = real
        self.name = ServerName(real.name)
        self._key = signing_key(real)
        self._manifest: dict[str, Any] = real.get("/webring/v1/manifest")
        self._forgeries: dict[str, Forgery] = {}
        self._pages: dict[str, bytes] = {}
        self._signatures: Mapping[str, object] = {}
        self._body = b""
        self._ended = False
        self._issue()
        real.kill()
        port = urlsplit(real.url).port
        self._server = _Server((LOOPBACK, port or 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def serve(self, ring: str, forgery: Forgery) -> None:
        """Answer so when asked for a ring, and claim it in the manifest."""
        for version in forgery.served:
            self._pages |= version.pages
        sequence, sha256, root = forgery.claims
        said = {"ring": ring, "root": root, "sequence": sequence, "sha256": sha256}
        others = [each for each in self._manifest["rings"] if each["ring"] != ring]
        self._manifest["rings"] = [*others, said]
        self._forgeries[ring] = forgery
        self._issue()

    def propose(self, to: Serving, version: Version) -> MessageDraft:
        """Ask an instance to sign a version, as one steward asks another; what was sent."""
        asking = ring_messages.propose(version.head)
        draft = ring_messages.draft(self.name, ServerName(to.name), asking)
        self._pages |= version.pages
        body = message.sign_message(draft, [self._key], now_ms())
        answer = httpx.post(f"{to.url}{INBOX}", content=body, trust_env=False)
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        return draft

    def reply(self, to: Serving, draft: MessageDraft) -> Any:
        """What became of a message."""
        return to.get(f"{INBOX}/{self.name}/{draft.id}")

    def answer(self, signatures: Mapping[str, object]) -> None:
        """Whatever it is asked to sign, say that it is done, with these signatures."""
        self._signatures = signatures

    def end(self) -> None:
        """Let the real one take its place again, if it has not."""
        if self._ended:
            return
        self._ended = True
        self._server.shutdown()
        self._server.server_close()
        self.real.start()

    def respond(self, path: str) -> bytes | None:
        """The answer to a GET; None where there is nothing."""
        place = urlsplit(path)
        if place.path == "/.well-known/federated-webring":
            return _json({"instance": self.name, "base_url": self.real.url})
        if place.path == "/webring/v1/manifest":
            return self._body
        if place.path.startswith(INBOX):
            return _json(self.signed())
        if found := _RING.fullmatch(place.path):
            asked = parse_qs(place.query).get("sequence", [""])[0]
            return self._version(unquote(found[1]), asked)
        found = _PAGE.fullmatch(place.path)
        return self._pages.get(found[1]) if found else None

    def signed(self) -> dict[str, object]:
        """What it says of every message that it gets."""
        return {"state": "done", "reason": "", "signatures": self._signatures}

    def _version(self, ring: str, sequence: str) -> bytes | None:
        forgery = self._forgeries.get(ring)
        if forgery is None:
            return None
        if not sequence:
            return forgery.served[-1].body
        fitting = [each for each in forgery.served if str(each.head.sequence) == sequence]
        return fitting[-1].body if fitting else None

    def _issue(self) -> None:
        """Sign the manifest anew, under a sequence that nobody has seen."""
        now = max(now_ms(), int(self._manifest["sequence"]) + 1)
        self._manifest |= {"sequence": now, "issued_at": now, "expires_at": now + _LIFE}
        content = {**self._manifest, "signatures": {}}
        self._body = canonical.encode(envelope.sign(content, self.name, [self._key]))


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Clients that hang up are none of our business."""


def _handler(hostile: Hostile) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = hostile.respond(self.path)
            self._say(404 if body is None else 200, body or b"{}")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self._say(202, _json(hostile.signed()))

        def _say(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
