"""One real Synapse: its process, and the few client calls that fill it."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx

from tests.acceptance.synapse.config import Address, write_config
from tests.fakes.authority import Authority
from webring.demo import leash

START_SECONDS: Final = 90.0
ADMIN: Final = "keeper"


class MatrixError(Exception):
    """Synapse refused a call."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(f"{answer.request.url}: {answer.status_code} {answer.text[:300]}")
        self.status = answer.status_code


class Synapse:
    """A homeserver of the lab. Its process ends with ours, however ours ends."""

    def __init__(
        self, folder: Path, address: Address, authority: Authority, *, closed: bool
    ) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.address = address
        self._secret = secrets.token_hex(16)
        self.config = write_config(
            folder,
            address,
            authority.certificate(address.ip),
            authority.ca_file,
            self._secret,
            closed=closed,
        )
        self.token = ""
        self._http = httpx.Client(base_url=address.client_url, timeout=60, trust_env=False)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        """Its server name."""
        return self.address.server_name

    def start(self, python: str) -> None:
        """Start the process; `ready` says when it answers."""
        with (self.folder / "stdout.log").open("ab") as output:
            self._process = subprocess.Popen(
                [python, "-P", leash.__file__, "synapse.app.homeserver", "-c", str(self.config)],
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env={**os.environ, "PYTHONWARNINGS": "ignore"},
            )

    def ready(self) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError(f"{self.name} ended while starting:\n{self._tail()}")
            try:
                self._http.get("/_matrix/client/versions")
            except httpx.TransportError:
                time.sleep(0.2)
            else:
                return
        raise RuntimeError(f"{self.name} did not answer in {START_SECONDS} s:\n{self._tail()}")

    def stop(self) -> None:
        """End the process."""
        self._http.close()
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait(20)

    def call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """A client call as the keeper; `MatrixError` where it is refused."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = self._http.request(method, path, json=body, headers=headers)
        if answer.status_code != httpx.codes.OK:
            raise MatrixError(answer)
        content: dict[str, Any] = answer.json()
        return content

    def register(self, user: str = ADMIN) -> None:
        """Make an account with Synapse's shared secret, and act as it from now on."""
        nonce = self.call("GET", "/_synapse/admin/v1/register")["nonce"]
        password = secrets.token_urlsafe(12)
        words = f"{nonce}\x00{user}\x00{password}\x00admin"
        mac = hmac.new(self._secret.encode(), words.encode(), hashlib.sha1).hexdigest()
        account = {"nonce": nonce, "username": user, "password": password, "admin": True}
        answer = self.call("POST", "/_synapse/admin/v1/register", {**account, "mac": mac})
        self.token = answer["access_token"]

    def directory(self) -> Iterator[str]:
        """The room ids that its own users see in the directory."""
        since = ""
        while True:
            page = self.call("GET", f"/_matrix/client/v3/publicRooms?limit=100{since}")
            yield from (room["room_id"] for room in page["chunk"])
            if "next_batch" not in page:
                return
            since = f"&since={quote(page['next_batch'])}"

    def put_state(self, room: str, kind: str, content: object, key: str = "") -> None:
        """Set a state event."""
        path = f"/_matrix/client/v3/rooms/{quote(room)}/state/{kind}/{quote(key)}"
        self.call("PUT", path, content)

    def _tail(self) -> str:
        log = self.folder / "stdout.log"
        return log.read_text(errors="replace")[-2000:] if log.exists() else "(no output)"
