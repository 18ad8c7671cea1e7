"""One listing from many sources: who decides, and that the order of the sources does not."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.rooms import child, claim, sighting
from webring.directory.listing import Claim, JoinRule, Kind, Sighting, Standing
from webring.directory.merge import MAX_SERVERS, MAX_VIA, merge
from webring.names import CommunityId, RoomAlias, RoomId

ROOM = RoomId("!room:hs.example")
CHILD = child(ROOM, name="The child", topic="Of the space", members=7)
SPACE = claim("space:two.example", "!space:two.example", name="A space", rooms=(CHILD,))


def test_nothing_is_known() -> None:
    assert merge(ROOM, [], [], []) is None


def test_parents_that_are_not_spoken_for_list_nothing() -> None:
    for standing in (Standing.CLAIMED, Standing.DISPUTED, Standing.FOUND):
        other = claim("space:two.example", "!space:two.example", standing, rooms=(CHILD,))
        assert merge(ROOM, [], [], [other]) is None


def test_found() -> None:
    listing = merge(ROOM, [sighting("b.example"), sighting("a.example")], [], [])
    assert listing is not None
    assert (listing.standing, listing.community) == (Standing.FOUND, None)
    assert listing.servers == ("a.example", "b.example")
    assert listing.why == "found in the public room directory of 2 homeservers"


def test_a_claim_that_is_spoken_for_decides_and_directories_fill_its_gaps() -> None:
    seen = sighting(alias=RoomAlias("#seen:hs.example"), topic="Seen", members=99)
    bare = claim(alias=None, topic="", members=0, via=())
    listing = merge(ROOM, [seen], [bare], [])
    assert listing is not None
    assert (listing.name, listing.topic) == (bare.name, "Seen")
    assert (listing.alias, listing.members) == ("#seen:hs.example", 99)
    assert (listing.via, listing.servers) == (("hs.example",), ("hs.example",))


@pytest.mark.parametrize("adult", [False, True])
def test_a_mere_claim_changes_nothing_about_a_found_room(adult: bool) -> None:
    seen = sighting(name="Honest", topic="", members=0)
    evil = claim(
        "evil:evil.example", ROOM, Standing.CLAIMED, name="Evil", adult=adult, members=9_000
    )
    assert merge(ROOM, [seen], [evil], []) == merge(ROOM, [seen], [], [])


def test_a_mere_claim_is_shown_as_such_where_no_directory_has_the_room() -> None:
    listing = merge(ROOM, [], [claim("one:one.example", ROOM, Standing.CLAIMED, name="One")], [])
    assert listing is not None
    assert (listing.name, listing.standing) == ("One", Standing.CLAIMED)
    assert listing.community == "one:one.example"


def test_a_disputed_claim_rewrites_nobodys_room() -> None:
    one = claim("one:one.example", ROOM, Standing.DISPUTED, name="One", alias=RoomAlias("#x:one"))
    listing = merge(ROOM, [sighting(name="Honest")], [one], [])
    assert listing is not None
    assert (listing.name, listing.alias, listing.standing) == ("Honest", None, Standing.DISPUTED)
    assert (listing.community, listing.url) == ("one:one.example", "")


def test_a_mere_claim_does_not_stand_before_disputed_ones() -> None:
    one = claim("one:one.example", ROOM, Standing.DISPUTED, name="One")
    evil = claim("evil:evil.example", ROOM, Standing.CLAIMED, name="Evil")
    listing = merge(ROOM, [], [one, evil], [])
    assert listing is not None
    assert (listing.name, listing.standing) == ("One", Standing.DISPUTED)


def test_a_contested_claim_takes_no_room_from_its_space() -> None:
    evil = claim("evil:evil.example", ROOM, Standing.CLAIMED, name="Evil")
    listing = merge(ROOM, [], [evil], [SPACE])
    assert listing is not None
    assert (listing.name, listing.standing) == ("The child", Standing.SPOKEN_FOR)
    assert (listing.community, listing.parents) == (None, ("space:two.example",))


def test_a_child_of_a_space_has_its_standing_and_the_directorys_text() -> None:
    listing = merge(ROOM, [sighting(name="Seen", kind=Kind.ROOM)], [], [SPACE])
    assert listing is not None
    assert (listing.name, listing.standing) == ("Seen", SPACE.standing)
    assert listing.why == "A space lists it among its rooms"


def test_a_child_alone() -> None:
    listing = merge(ROOM, [], [], [SPACE])
    assert listing is not None
    assert (listing.name, listing.topic, listing.members) == ("The child", "Of the space", 7)
    assert listing.via == SPACE.via


def test_a_child_of_an_adult_space_is_adult() -> None:
    adult = claim("adult:x.example", "!adult:x.example", adult=True, rooms=(CHILD,))
    listing = merge(ROOM, [sighting()], [], [SPACE, adult])
    assert listing is not None
    assert listing.adult


def test_a_lone_server_does_not_rename_a_room() -> None:
    honest = [
        sighting(f"{name}.example", name="Honest", alias=RoomAlias("#a:hs.example"))
        for name in "xy"
    ]
    evil = sighting("a.evil", name="Evil", alias=RoomAlias("#a:a.evil"))
    listing = merge(ROOM, [evil, *honest], [], [])
    assert listing is not None
    assert listing.name == "Honest"


def test_the_rooms_own_server_is_believed_before_another() -> None:
    evil = sighting("a.evil", name="Evil", alias=RoomAlias("#a:a.evil"))
    honest = sighting("hs.example", name="Honest", alias=RoomAlias("#a:hs.example"))
    listing = merge(ROOM, [evil, honest], [], [])
    assert listing is not None
    assert listing.name == "Honest"


def test_lists_of_servers_are_bounded() -> None:
    listing = merge(ROOM, [sighting(f"s{n}.example") for n in range(1_000)], [], [])
    assert listing is not None
    assert (len(listing.servers), len(listing.via)) == (MAX_SERVERS, MAX_VIA)


def _claims(room_id: str, **changes: Any) -> st.SearchStrategy[list[Claim]]:
    return st.lists(
        st.builds(
            lambda slug, standing, members, name: claim(
                f"{slug}:x.example", room_id, standing, members=members, name=name, **changes
            ),
            st.sampled_from("abcdef"),
            st.sampled_from(Standing),
            st.integers(0, 5),
            st.sampled_from(["", "One", "Two"]),
        ),
        max_size=4,
        unique_by=lambda each: each.id,
    )


SIGHTINGS: st.SearchStrategy[list[Sighting]] = st.lists(
    st.builds(
        lambda server, name, alias, rule: sighting(
            f"{server}.example", name=name, alias=alias, join_rule=rule
        ),
        st.sampled_from("abcdef"),
        st.sampled_from(["", "One", "Two"]),
        st.sampled_from([None, RoomAlias("#one:a.example"), RoomAlias("#two:b.example")]),
        st.sampled_from(JoinRule),
    ),
    max_size=4,
    unique_by=lambda each: each.server,
)
MERE = (Standing.CLAIMED, Standing.FOUND)
ORDER = [*list(Standing)[:2], Standing.DISPUTED, *MERE]
CLAIMS = _claims(ROOM)
PARENTS = _claims("!space:x.example", rooms=(CHILD,))


@given(SIGHTINGS, CLAIMS, PARENTS, st.randoms(use_true_random=False))
def test_the_order_of_the_sources_does_not_matter(
    seen: list[Sighting], claims: list[Claim], parents: list[Claim], chance: random.Random
) -> None:
    before = merge(ROOM, seen, claims, parents)
    for each in (seen, claims, parents):
        chance.shuffle(each)
    assert merge(ROOM, seen, claims, parents) == before


@given(SIGHTINGS, CLAIMS, PARENTS)
def test_the_standing_is_the_best_that_anyone_gives(
    seen: list[Sighting], claims: list[Claim], parents: list[Claim]
) -> None:
    listing = merge(ROOM, seen, claims, parents)
    given_ = [each.standing for each in parents if each.standing.is_spoken_for]
    given_ += [each.standing for each in claims if not (seen and each.standing in MERE)]
    given_ += [Standing.FOUND for _ in seen]
    own = [each.standing for each in claims if each.standing.is_spoken_for]
    best = min(own or given_, key=ORDER.index, default=None)
    assert (listing.standing if listing else None) == best


@given(SIGHTINGS, CLAIMS, PARENTS)
def test_whoever_presents_it_claimed_it(
    seen: list[Sighting], claims: list[Claim], parents: list[Claim]
) -> None:
    listing = merge(ROOM, seen, claims, parents)
    assert listing is None or listing.room_id == ROOM
    if listing and listing.community:
        assert listing.community in {each.id for each in claims}
    spaces: set[CommunityId] = {each.id for each in parents if each.standing.is_spoken_for}
    assert listing is None or set(listing.parents) == spaces


def test_what_it_is_about_is_declared_first_and_read_off_its_text_then() -> None:
    seen = sighting(name="Gardening", topic="(MRS-language:DE-MRS)")
    listing = merge(ROOM, [seen], [], [])
    assert listing is not None
    assert listing.interests == ("gardening",)
    assert listing.languages == ("de",)
    declared = claim(name="Gardening", interests=("Zzz Zzz", " "), languages=("fr",))
    listing = merge(ROOM, [seen], [declared], [])
    assert listing is not None
    assert (listing.interests, listing.languages) == (("zzz-zzz", "gardening"), ("fr",))
