"""SIGTERM: nobody new is let in, whoever is inside is answered, and what was begun is let go."""

from __future__ import annotations

import json
import signal
import socket
import time
from pathlib import Path

import httpx

from tests.integration.cli.running import PATIENCE, Instance
from webring.net.ports import can_bind

BODY = b'{"half": 1.5'
HEAD = b"POST /webring/v1/inbox HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(BODY)


def test_a_request_under_way_is_answered_first(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    instance.set("log", 'format = "json"')
    with (
        instance.serving() as process,
        socket.create_connection(("127.0.0.1", instance.port)) as client,
    ):
        client.sendall(HEAD + BODY[:6])
        # Connections are taken in turn: once this one is answered, that one has begun.
        assert httpx.get(f"http://{instance.name}/healthz").status_code == 200
        process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        while not can_bind(instance.port):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert process.poll() is None
        client.sendall(BODY[6:])
        client.settimeout(PATIENCE)
        answer = b"".join(iter(lambda: client.recv(65_536), b""))
        output, _ = process.communicate(timeout=PATIENCE)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"M_BAD_JSON" in answer
    assert process.returncode == 0
    records = [json.loads(line) for line in output.splitlines()]
    assert records[0]["message"].startswith("webring ")
    assert records[-1]["message"] == "webring has ended."
    assert {each["level"] for each in records} == {"info"}
