"""The Matrix server that we are to others: a key document, over TLS, on an address of its own."""

from __future__ import annotations

import http.server
import json
import threading
from typing import Final

from tests.fakes.authority import Authority
from webring.clock import now_ms
from webring.documents.keys import KeySet, SigningKey
from webring.matrix.federation import MatrixIdentity
from webring.matrix.xmatrix import key_document
from webring.names import ServerName
from webring.net.ports import free_port

IP: Final = "127.0.0.99"
PATH: Final = "/_matrix/key/v2/server"


class KeyServer:
    """Serves the keys of a Matrix server named by its address; `asked` counts the questions."""

    def __init__(self, authority: Authority, ip: str = IP) -> None:
        port = free_port(ip)
        self.name = ServerName.parse(f"{ip}:{port}")
        self.keys = KeySet(SigningKey.generate())
        self.asked = 0
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                owner.asked += self.path == PATH
                body = json.dumps(key_document(owner.name, owner.keys, now_ms())).encode()
                self.send_response(200 if self.path == PATH else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """Clients that hang up are none of our business."""

        self._server = Server((ip, port), Handler)
        self._server.socket = authority.context(ip).wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def identity(self) -> MatrixIdentity:
        """What signs as this server."""
        return MatrixIdentity(self.name, self.keys.current)

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
