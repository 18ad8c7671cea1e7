"""Ports of a demonstration, and what it says of itself."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.unit.demo.samples import INSTANCES, SERVERS
from webring.demo.instances import Place
from webring.demo.plan import Plan, make_plan
from webring.demo.run import greeting
from webring.errors import ConfigError
from webring.names import ServerName
from webring.net.ports import LOOPBACK


def test_everybody_gets_a_port_of_their_own() -> None:
    plan = make_plan()
    assert len(set(plan.ports)) == len(INSTANCES) + len(SERVERS)
    assert len(set(plan.tokens.values())) == len(SERVERS)


def test_a_port_that_is_taken_is_passed_over_or_named() -> None:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert port not in make_plan().ports
        with pytest.raises(ConfigError, match=str(port)):
            Plan({"meadow": port}, {}, {}).check_free()


def test_it_says_how_far_it_is() -> None:
    place = Place("a", "A Place", ServerName("a.localhost:1"), "http://127.0.0.1:1", Path(), Path())
    text = "\n".join(greeting([place], [3], 11, "http://127.0.0.1:1/rings/x:a.localhost:1"))
    assert "http://127.0.0.1:1/" in text
    assert "3 of 11" in text
