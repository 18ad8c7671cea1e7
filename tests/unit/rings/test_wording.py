"""The words of notices: what happened, which ring, how to opt out; harmless whatever is named."""

from __future__ import annotations

import pytest

from webring.names import PeerUrl, RingId, ServerName, Slug
from webring.rings import wording
from webring.rings.wording import Here
from webring.storage.notices import LISTED, RoomState, StoredNotice
from webring.text.markers import read_markers

HERE = Here(ServerName("own.example"), "Commons", PeerUrl("https://ring.own.example"))
SOIL, MEMBER, HERBS = RingId("soil:garden.example"), "1" * 20, Slug("herbs")


def notice(
    kind: str = "join", text: str = "It has joined Soil.", **changes: object
) -> StoredNotice:
    values: dict[str, object] = {
        "id": 1,
        "at": 0,
        "kind": kind,
        "text": text,
        "ring": SOIL,
        "member": MEMBER,
        "community": HERBS,
        "room_state": RoomState.PENDING,
        "room_reason": "",
        **changes,
    }
    return StoredNotice(**values)  # type: ignore[arg-type]


def test_a_room_is_told_what_happened_where_to_read_more_and_how_to_opt_out() -> None:
    assert wording.in_room(notice(), HERE) == (
        "About this community: It has joined Soil. https://ring.own.example/rings/soil:"
        "garden.example\n"
        "A ring is a circle of communities around an interest: each leads to the next.\n"
        "This community is listed by Commons, a directory of Matrix communities: "
        "https://ring.own.example/communities/herbs:own.example\n"
        "Whoever may change the topic of this room can take it out everywhere: write "
        "[webring:off] into it."
    )


def test_a_room_is_told_that_it_is_listed() -> None:
    said = wording.in_room(notice(LISTED, wording.listed(HERE), ring=None, member=""), HERE)
    assert said.splitlines()[0] == (
        "This community is listed by Commons, a directory of Matrix communities: "
        "https://ring.own.example/communities/herbs:own.example"
    )
    assert "[webring:off]" in said
    assert "ring.own.example/rings/" not in said


def test_the_way_out_that_is_told_is_one() -> None:
    told = wording.in_room(notice(), HERE).splitlines()[-1]
    assert read_markers(f"Herbs. {told}").optout


STRANGE: dict[str, str] = {
    "lines": "It has joined A\nB\r\nC.",
    "an override": "It has joined \u202eliaM\u202c.",
    "an escape": "It has joined \x1b[31mred.",
    "no end": "It has joined " + "x" * 9_999,
    "nothing": "",
}


@pytest.mark.parametrize("case", STRANGE)
def test_names_of_others_are_made_harmless(case: str) -> None:
    told = notice(text=STRANGE[case])
    assert len(wording.in_room(told, HERE).splitlines()) == 4
    sent = wording.mail([told], HERE)
    for shown in (wording.sentence(told), sent.subject):
        assert len(shown) <= wording.LENGTH + 20
        assert not {"\n", "\x1b", "\u202e"} & set(shown)


def test_one_notice_is_its_mails_subject() -> None:
    sent = wording.mail([notice()], HERE)
    assert sent.subject == "[own.example] It has joined Soil."
    assert sent.text.splitlines()[:3] == [
        "It has joined Soil.",
        "Ring: https://ring.own.example/rings/soil:garden.example",
        "Our community: https://ring.own.example/communities/herbs:own.example",
    ]


def test_several_notices_are_one_mail() -> None:
    other = notice("sleep", "It sleeps.", community=None)
    sent = wording.mail([notice(), other], HERE)
    assert sent.subject == "[own.example] 2 notices"
    assert sent.text.index("It has joined") < sent.text.index("It sleeps.")
    assert f"Member: {MEMBER}" in sent.text
