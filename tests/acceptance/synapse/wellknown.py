"""The web server of `localhost`: what its operator publishes under `.well-known`."""

from __future__ import annotations

import http.server
import json
import threading

from tests.fakes.authority import Authority


class WellKnown:
    """Serves `documents` (path to JSON) on https://localhost, port 443."""

    def __init__(self, authority: Authority) -> None:
        self.documents: dict[str, object] = {}
        documents = self.documents

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                found = self.path in documents
                body = json.dumps(documents.get(self.path, {"error": "not found"})).encode()
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """Clients that hang up are none of our business."""

        self._server = Server(("127.0.0.1", 443), Handler)
        self._server.socket = authority.context("localhost").wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def delegate(self, place: str, client_url: str) -> None:
        """Say where the homeserver called `localhost` answers."""
        self.documents["/.well-known/matrix/server"] = {"m.server": place}
        self.documents["/.well-known/matrix/client"] = {"m.homeserver": {"base_url": client_url}}

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
