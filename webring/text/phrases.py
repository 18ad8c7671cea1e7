"""Words and phrases that are looked for in texts, as `words` compares them: whole words only."""

from __future__ import annotations

from collections.abc import Iterable

from webring.text.words import words


class Phrases:
    """Phrases of one word or more. "crypto casino" is found in "Crypto-Casino!", "ass" in no
    "class".
    """

    def __init__(self, phrases: Iterable[str] = ()) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for phrase in dict.fromkeys(phrases):
            read = tuple(words(phrase))
            if read:
                self._by_first.setdefault(read[0], []).append((read, phrase))

    def __bool__(self) -> bool:
        return bool(self._by_first)

    def find(self, text: str) -> str | None:
        """The first phrase that stands in `text`."""
        if not self._by_first:
            return None
        read = words(text)
        for at, word in enumerate(read):
            for phrase, written in self._by_first.get(word, ()):
                if tuple(read[at : at + len(phrase)]) == phrase:
                    return written
        return None
