"""What `init` prints for proxies is what the protocol wants."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from webring import config
from webring.cli import snippets
from webring.documents.wellknown import find_instance
from webring.settings import Settings


def made(name: str, base_url: str, more: str = "") -> Settings:
    text = f'[instance]\nname = "{name}"\nbase_url = "{base_url}"\n{more}'
    return config.parse(text, {})


TWO_HOSTS = made("commune.example", "https://ring.commune.example")
ONE_HOST = made("ring.example", "https://ring.example")


def test_the_well_known_document_is_one_that_peers_read() -> None:
    body = snippets.federated_webring(TWO_HOSTS).encode()
    found = find_instance(TWO_HOSTS.instance.name, body)
    assert found.base_url == "https://ring.commune.example"


@pytest.mark.parametrize(
    ("base_url", "server"),
    [
        ("https://ring.example", "ring.example:443"),
        ("https://ring.example:8443", "ring.example:8443"),
    ],
)
def test_matrix_is_sent_to_the_base_url(base_url: str, server: str) -> None:
    settings = made("a.example", base_url)
    assert json.loads(snippets.matrix_server(settings)) == {"m.server": server}


@pytest.mark.parametrize("snippet", [snippets.caddy, snippets.nginx])
def test_a_name_of_its_own_gets_a_block_of_its_own(snippet: object) -> None:
    assert callable(snippet)
    document = snippets.federated_webring(TWO_HOSTS)
    assert document in snippet(TWO_HOSTS)
    assert "federated-webring" not in snippet(ONE_HOST)
    for settings in (TWO_HOSTS, ONE_HOST):
        text = snippet(settings)
        assert text.count("{") == text.count("}")
        assert "127.0.0.1:8080" in text


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("0.0.0.0", "127.0.0.1:8080"),
        ("::1", "[::1]:8080"),
        ("webring.internal", "webring.internal:8080"),
    ],
)
def test_the_proxy_asks_where_we_listen(host: str, address: str) -> None:
    settings = made("a.example", "https://a.example", f'[web]\nhost = "{host}"\n')
    assert f"http://{address};" in snippets.nginx(settings)


def test_the_recovery_key_is_spoken_of_once() -> None:
    new = snippets.next_steps(Path("webring.toml"), TWO_HOSTS, kept=False)
    kept = snippets.next_steps(Path("webring.toml"), TWO_HOSTS, kept=True)
    assert "recovery.key" in new
    assert "recovery.key" not in kept
