"""Adult content, inferred with caution."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webring.interests import is_adult

ADULT = {
    "the name": ("NSFW pics", ""),
    "the topic": ("Lounge", "Hentai and more"),
    "age": ("Lounge 18+", ""),
    "age in a topic": ("Lounge", "Adults only, 18+"),
    "sign": ("\N{NO ONE UNDER EIGHTEEN SYMBOL} Lounge", ""),
    "German": ("Erotikchat", ""),
    "French": ("Salon coquin", ""),
    "Spanish": ("Sala", "Contenido adulto"),
    "Russian": ("Порно", ""),
    "Japanese": ("成人向けイラスト", ""),
    "Chinese": ("色情交流", ""),
    "Korean": ("야동", ""),
    "Arabic": ("غرفة", "محتوى إباحي"),
    "full-width letters": ("\uff2e\uff33\uff26\uff37", ""),
    "zero-width inside": ("N\u200bSFW", ""),
}
NOT_ADULT = {
    "plain": ("Gardening", "Flowers and bees"),
    "empty": ("", ""),
    "turned away": ("Lounge", "No NSFW, no spam"),
    "turned away in a row": ("Lounge", "No spam or NSFW content"),
    "turned away in German": ("Treff", "Kein NSFW"),
    "turned away in Russian": ("Чат", "Без порно"),
    "forbidden": ("Lounge", "NSFW is not allowed here"),
    "to be marked": ("Art", "Please mark NSFW posts"),
    "to be marked, the other way": ("Art", "NSFW posts must be marked"),
    "left behind": ("Porn addiction recovery", ""),
    "left behind, hyphened": ("Porn-free life", ""),
    "a place": ("Essex and Sussex", "Scunthorpe too"),
    "biology": ("Sex education", "Questions answered by doctors"),
    "an address": ("Lounge", "https://nsfw.example/porn"),
    "a time": ("Meeting", "at +18:30 every week"),
    "a version": ("Node", "runs on 18"),
    "business software": ("ERP users", "ERP and accounting"),
    "earth pictures": ("EarthPorn", "photographs of landscapes"),
}


@pytest.mark.parametrize(("name", "topic"), ADULT.values(), ids=ADULT)
def test_adult(name: str, topic: str) -> None:
    assert is_adult(name, topic)


@pytest.mark.parametrize(("name", "topic"), NOT_ADULT.values(), ids=NOT_ADULT)
def test_not_adult(name: str, topic: str) -> None:
    assert not is_adult(name, topic)


@given(st.text(st.characters(), max_size=100), st.text(st.characters(), max_size=300))
def test_no_text_is_an_error(name: str, topic: str) -> None:
    is_adult(name, topic)
