"""What a manifest says is read with suspicion, entry by entry; what it cannot do without, whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.documents.test_trust import DRAFT, FIRST, NOW, SECOND, community
from webring.clock import DAY
from webring.directory.vouch import AcceptedVouch, Vouch
from webring.documents import canonical, manifest
from webring.documents.community import Bridge, Link, ManifestCommunity
from webring.documents.fields import cut, is_web_url
from webring.documents.keys import KeySet
from webring.documents.manifest import (
    Manifest,
    ManifestDraft,
    Membership,
    Profile,
    RingHead,
    Withdrawn,
)
from webring.errors import MalformedDocument
from webring.names import CommunityId, RingId, RoomId, ServerName, Slug

SHA = "ab" * 32
FULL = replace(
    community("garden"),
    bridges=(Bridge("irc", "ircs://irc.example/#garden"), Bridge("discord", "https://d.example/")),
    links=(Link("The garden", "https://garden.example/about"),),
    vouches=(
        Vouch("Good neighbours.", room_id=RoomId("!forest")),
        Vouch("They draw well.", url="https://art.example/"),
    ),
    accepted_vouches=(AcceptedVouch(CommunityId("hay:meadow.example"), "They dig well."),),
)
RICH = replace(
    DRAFT,
    profile=Profile("G", "D", ("en",), ("mailto:a@b.example",), "https://b.example/r", "w", "1"),
    communities=(FULL,),
    memberships=(Membership(RingId("art:forest.example"), SHA, Slug("garden"), NOW),),
    rings=(RingHead(RingId("soil:garden.example"), SHA, 3, SHA),),
)


def content_of(draft: ManifestDraft = RICH) -> dict[str, object]:
    return canonical.decode(manifest.issue(draft, KeySet(FIRST), sequence=NOW, now=NOW).body)


def read(**change: object) -> Manifest:
    return manifest.read_manifest(canonical.encode({**content_of(), **change}))


def test_everything_that_is_written_is_read() -> None:
    whole = read()
    assert whole.communities == (FULL,)
    assert (whole.profile, whole.memberships, whole.rings) == (
        RICH.profile,
        RICH.memberships,
        RICH.rings,
    )
    assert (whole.withdrawn, whole.peers, whole.homeservers) == (
        RICH.withdrawn,
        RICH.peers,
        RICH.homeservers,
    )
    assert whole.dropped == ()


REFUSED: dict[str, dict[str, object]] = {
    "no keys": {"keys": {}},
    "keys that are a list": {"keys": []},
    "a key of small order": {"keys": {"ed25519:a": {"key": "A" * 43}}},
    "a key of another algorithm": {"keys": {"rsa:a": {"key": "A" * 43}}},
    "65 keys": {"keys": {f"ed25519:k{n}": {"key": SECOND.verify_key.b64} for n in range(65)}},
    "a key in use and retired": {
        "retired_keys": {FIRST.id: {"key": FIRST.verify_key.b64, "retired_at": 1}}
    },
    "a key in use and retired under another id": {
        "retired_keys": {"ed25519:old": {"key": FIRST.verify_key.b64, "retired_at": 1}}
    },
    "a retired key without a time": {
        "retired_keys": {SECOND.id: {"key": SECOND.verify_key.b64}},
    },
    "no recovery key": {"recovery_key": {}},
    "a recovery of another type": {"recovery": {"type": "webring.manifest"}},
    "a sequence below zero": {"sequence": -1},
    "a sequence that is true": {"sequence": True},
    "an expiry before its issue": {"expires_at": NOW - 1},
    "another specification": {"spec": "webring/2"},
    "another type": {"type": "webring.manifest.page"},
    "an instance that is no name": {"instance": "a b"},
    "communities that are an object": {"communities": {}},
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_whole_is_refused(name: str) -> None:
    with pytest.raises(MalformedDocument):
        read(**REFUSED[name])


DROPPED: dict[str, tuple[dict[str, object], str]] = {
    "a homeserver": ({"homeservers": ["a b", "garden.example"]}, "homeservers[0]"),
    "a peer": ({"peers": ["forest.example", 7]}, "peers[1]"),
    "a withdrawal": ({"withdrawn": [{"room_id": "x", "at": 1}]}, "withdrawn[0]"),
    "a withdrawal that is text": ({"withdrawn": ["!a:b"]}, "withdrawn[0]"),
    "a membership": ({"memberships": [{"ring": "art"}]}, "memberships[0]"),
    "a ring's hash": (
        {"rings": [{"ring": "a:b.example", "root": "AB", "sequence": 1, "sha256": SHA}]},
        "rings[0]",
    ),
    "a policy over http": ({"profile": {"policy_url": "http://a.example"}}, "profile.policy_url"),
    "a name that is a list": ({"profile": {"name": []}}, "profile.name"),
    "a contact by telephone": ({"profile": {"contact": ["tel:1"]}}, "profile.contact[0]"),
    "a contact of two lines": (
        {"profile": {"contact": ["mailto:a@b.example\nx"]}},
        "profile.contact[0]",
    ),
}


@pytest.mark.parametrize("name", DROPPED)
def test_an_entry_is_dropped_alone(name: str) -> None:
    change, path = DROPPED[name]
    whole = read(**change)
    assert [gone.path for gone in whole.dropped] == [path]
    assert whole.communities == (FULL,)


PARTS: dict[str, tuple[dict[str, object], str]] = {
    "a tag with a newline": ({"interests": ["art", "a\nb"]}, "interests[1]"),
    "a language that is a number": ({"languages": [7]}, "languages[0]"),
    "a server in via": ({"via": ["a.example", "a b"]}, "via[1]"),
    "a child with an alias as id": ({"rooms": [{"room_id": "#a:b"}]}, "rooms[0]"),
    "a bridge that is a script": (
        {"bridges": [{"protocol": "irc", "url": "javascript:alert(1)"}]},
        "bridges[0]",
    ),
    "a bridge with a quote": (
        {"bridges": [{"protocol": "irc", "url": 'irc://a.example/"x'}]},
        "bridges[0]",
    ),
    "a bridge of two words": (
        {"bridges": [{"protocol": "i rc", "url": "https://a.example"}]},
        "bridges[0]",
    ),
    "a link to nowhere": ({"links": [{"title": "x"}]}, "links[0]"),
    "a vouch for nobody": ({"vouches": [{"sentence": "x"}]}, "vouches[0]"),
    "a vouch for two": (
        {"vouches": [{"sentence": "x", "room_id": "!a", "url": "https://a.example"}]},
        "vouches[0]",
    ),
    "a vouch without a sentence": ({"vouches": [{"room_id": "!a"}]}, "vouches[0]"),
    "a yes to a room": (
        {"accepted_vouches": [{"from": "!a:b.example", "sentence": "x"}]},
        "accepted_vouches[0]",
    ),
    "a yes to nothing said": (
        {"accepted_vouches": [{"from": "hay:meadow.example"}]},
        "accepted_vouches[0]",
    ),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_of_a_community_is_dropped_alone(name: str) -> None:
    change, path = PARTS[name]
    whole = read(communities=[{**FULL.to_json(), **change}])
    assert [kept.id for kept in whole.communities] == [FULL.id]
    assert [gone.path for gone in whole.dropped] == [f"communities[0].{path}"]


WRONG: dict[str, dict[str, object]] = {
    "an unknown activity": {"activity": "decade"},
    "an unknown join rule": {"join_rule": "whenever"},
    "an enumeration's word in a list": {"activity": ["week"]},
    "an avatar by https": {"avatar": "https://a.example/x.svg"},
    "an alias that is an id": {"alias": "!a:b"},
    "members that are text": {"members": "many"},
    "world_readable that is a number": {"world_readable": 1},
    "a URL with a space": {"url": "https://a.example/ x"},
    "a URL that is a list": {"url": []},
    "a URL with a user": {"url": "https://a@b.example/"},
    "a URL without a host": {"url": "https:///x"},
    "a URL with an invisible letter": {"url": "https://a.example/\u200b"},
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_community_is_dropped_and_others_stay(name: str) -> None:
    other = community("other").to_json()
    whole = read(communities=[{**FULL.to_json(), **WRONG[name]}, other])
    assert [kept.id for kept in whole.communities] == ["other"]
    assert len(whole.dropped) == 1


def test_a_room_is_presented_once() -> None:
    again = {**FULL.to_json(), "id": "again"}
    whole = read(communities=[FULL.to_json(), again])
    assert [kept.id for kept in whole.communities] == ["garden"]


def test_of_two_vouches_for_one_place_the_first_counts() -> None:
    said = [
        {"room_id": "!a", "sentence": "One."},
        {"url": "https://a.example", "sentence": "Two."},
        {"room_id": "!a", "sentence": "Three."},
    ]
    kept = read(communities=[{**FULL.to_json(), "vouches": said}]).communities[0]
    assert [vouch.sentence for vouch in kept.vouches] == ["One.", "Two."]


def test_more_vouches_than_the_limit_are_passed_over() -> None:
    said = [{"room_id": f"!a{at}", "sentence": "s" * 10_000} for at in range(65)]
    accepted = [{"from": "hay:meadow.example", "sentence": str(at)} for at in range(65)]
    entry = {**FULL.to_json(), "vouches": said, "accepted_vouches": accepted}
    kept = read(communities=[entry]).communities[0]
    assert (len(kept.vouches), len(kept.accepted_vouches)) == (64, 64)
    assert {len(vouch.sentence) for vouch in kept.vouches} == {500}


def test_long_text_is_cut_and_nul_is_replaced() -> None:
    change = {"name": "n" * 300, "topic": "a\0b" + "t" * 9_000}
    kept = read(communities=[{**FULL.to_json(), **change}]).communities[0]
    assert (len(kept.name), len(kept.topic)) == (255, 8_192)
    assert kept.topic.startswith("a\N{REPLACEMENT CHARACTER}b")


def test_text_is_not_cut_inside_a_grapheme() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert cut("ab" + family, 4) == "ab"
    assert cut("ab" + family, 7) == "ab" + family
    assert cut("e" + "\u0301" * 500, 10) == "e" + "\u0301" * 9
    assert cut("a\r\nb", 2) == "a"


@pytest.mark.parametrize("url", ["https://a.example", "https://a.example:8443/b?c=d#e"])
def test_web_addresses_are_taken(url: str) -> None:
    assert is_web_url(url)


def issued_withdrawn(*gone: Withdrawn, listed: tuple[ManifestCommunity, ...] = ()) -> object:
    return content_of(replace(DRAFT, withdrawn=gone, communities=listed))["withdrawn"]


def test_a_withdrawal_is_told_for_thirty_days_unless_the_room_is_listed_again() -> None:
    recent = Withdrawn(RoomId("!a"), NOW - 30 * DAY + 1)
    old = Withdrawn(RoomId("!b"), NOW - 30 * DAY)
    back = Withdrawn(FULL.room_id, NOW)
    assert issued_withdrawn(recent, old, back, listed=(FULL,)) == [recent.to_json()]


def test_a_manifest_that_no_peer_would_read_is_not_issued() -> None:
    peers = tuple(ServerName(f"{'x' * 60}.{'y' * 60}.peer-{n}.example") for n in range(9_000))
    with pytest.raises(MalformedDocument):
        content_of(replace(DRAFT, peers=peers))


def test_it_holds_for_fourteen_days_whatever_it_says() -> None:
    assert read(expires_at=NOW + 400 * DAY).expires_at == NOW + 14 * DAY
    assert read(expires_at=NOW + DAY).expires_at == NOW + DAY


def test_the_servers_that_it_names_are_known() -> None:
    far = replace(FULL, via=(ServerName("via.example"),))
    whole = manifest.read_manifest(
        canonical.encode(
            content_of(replace(RICH, communities=(far,), homeservers=(ServerName("hs.example"),)))
        )
    )
    assert whole.named_servers == {"garden.example", "hs.example", "via.example"}
