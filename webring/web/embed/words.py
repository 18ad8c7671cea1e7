"""The handful of words that embeds speak, in eight languages.

Pages have gettext catalogues (`webring.web.languages`); an embed speaks the language of the page
that it stands on, which may be one that ours do not speak.
"""
# ruff: noqa: RUF001 (letters that look like Latin ones are Cyrillic)

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from webring.errors import BadRequest

RING: Final = "{ring}"
"""Where the ring's name stands in a sentence."""
MAX_TAG: Final = 35
"""Characters of a language tag (RFC 5646, section 4.4.1)."""


@dataclass(frozen=True, slots=True)
class Words:
    """What an embed says in one language. `name` is the language's own name of itself.

    `member_of` is a sentence with `RING` where the ring's name stands. `direction` is that of the
    script: "ltr" or "rtl".
    """

    language: str
    name: str
    previous: str
    next: str
    random: str
    all_members: str
    webring: str
    member_of: str
    direction: str = "ltr"

    def around(self) -> tuple[str, str]:
        """What stands before and behind the ring's name in `member_of`."""
        before, _, behind = self.member_of.partition(RING)
        return before, behind


_SPOKEN: Final = (
    Words(
        "en", "English", "Previous", "Next", "Random", "All members", "Webring", "Member of {ring}"
    ),
    Words(
        "de", "Deutsch", "Zurück", "Weiter", "Zufällig", "Alle Mitglieder", "Webring",
        "Mitglied von {ring}",
    ),
    Words(
        "fr", "Français", "Précédent", "Suivant", "Au hasard", "Tous les membres", "Webring",
        "Membre de {ring}",
    ),
    Words(
        "es", "Español", "Anterior", "Siguiente", "Al azar", "Todos los miembros", "Webring",
        "Miembro de {ring}",
    ),
    Words(
        "pt", "Português", "Anterior", "Seguinte", "Ao acaso", "Todos os membros", "Webring",
        "Membro de {ring}",
    ),
    Words(
        "ru", "Русский", "Предыдущий", "Следующий", "Случайный", "Все участники", "Вебринг",
        "Участник кольца «{ring}»",
    ),
    Words(
        "ja", "日本語", "前へ", "次へ", "ランダム", "メンバー一覧", "ウェブリング",
        "「{ring}」のメンバー",
    ),
    Words(
        "ar", "العربية", "السابق", "التالي", "عشوائي", "جميع الأعضاء", "حلقة ويب",
        "عضو في {ring}", "rtl",
    ),
)  # fmt: skip
SPOKEN: Final = MappingProxyType({words.language: words for words in _SPOKEN})
"""The words by language, English first."""
DEFAULT: Final = "en"


def words_for(tag: str) -> Words:
    """The words for a BCP 47 tag, of which the language alone counts: `pt-BR` speaks `pt`.

    "" is English; `BadRequest` for a language that embeds do not speak.
    """
    known = SPOKEN.get(tag[:MAX_TAG].lower().partition("-")[0]) if tag.isascii() else None
    if not tag:
        known = SPOKEN[DEFAULT]
    if known is None or len(tag) > MAX_TAG:
        raise BadRequest(f"lang is one of {', '.join(SPOKEN)}, not {tag[:80]!a}")
    return known
