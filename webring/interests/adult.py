"""Adult content, inferred from name and topic where nobody declares it. Cautious by intent.

A word counts only if it is rarely used otherwise, and not where the text turns it away ("no
NSFW"), or speaks of leaving it behind ("porn addiction"): hiding a room by mistake is a harm too.
`python -m bench adult` measures how often it errs.
"""

from __future__ import annotations

from typing import Final

import regex

from webring.interests.adult_words import ATTACHED, GAP, SIGNS, SPACED, UNSPACED
from webring.text import fold

MAX_TOPIC: Final = 2_000
"""Characters of a topic that are read."""

_WORDS: Final = tuple(
    regex.compile(pattern, flags=regex.VERSION1)
    for pattern in (
        rf"(?<![\p{{L}}\p{{N}}_])(?:{SPACED})(?![\p{{L}}\p{{N}}])",
        UNSPACED,
        SIGNS,
    )
)
"""Apart, since that is twice as fast as one."""
_ATTACHED: Final = regex.compile(ATTACHED, flags=regex.VERSION1)
_HUMP: Final = regex.compile(r"(?<=\p{Ll})(?=\p{Lu})")
"""Where "GoneWild" falls apart."""
_TURNED_AWAY: Final = regex.compile(
    r"(?:\b(?:no|not|non|never|without|anti|against|zero|avoid|ban(?:s|ned)?|block(?:s|ed|ing)?|"
    r"filter(?:s|ed|ing)?|free of|isn'?t|if|keine?n?|ohne|kein|gegen|pas de|sans|sin|nada de|sem|"
    r"нет|без|не|запрещ\w+|bez|senza|geen|禁止)\W{0,3}(?:\w+\W{1,3}){0,2}|禁|лишен\w+ "
    r"|\b(?:abstain\w*|quit\w*|stop(?:s|ping|ped)?|overcom\w+|addict\w*|recover\w*|compulsive|"
    r"excessive|prevent\w*|protect\w*|fight\w*|detect\w*|classif\w*)\W{0,3}(?:\w+\W{1,3}){0,4}"
    r")$"
)
_LEFT_BEHIND: Final = regex.compile(
    r"^\W{0,2}(?:[\p{L}/,&]+\W{1,3}){0,3}?(?:"
    r"free\b|addict\w*|recover\w*|not (?:allowed|permitted|ok)|don'?t (?:post|share|send)"
    r"|"
    r"(?:is |are )?(?:forbidden|prohibited|banned|disallowed|unwelcome)|block(?:er|ing|list)"
    r"|filter\w*|"
    r"detect\w*|classif\w*|verboten|interdit\w*|prohibid[oa]s?|proibid[oa]s?|запрещен\w*|"
    r"addiction|sucht|禁止|厳禁)"
)  # fmt: skip
_LABELLED: Final = regex.compile(
    r"(?:mark|tag|flag|label|spoiler|hide|link|etiquet|tagge|пометк)\w*"
    r"\W{1,3}(?:\w+\W{1,3}){0,3}$"
)
_AS_SUCH: Final = regex.compile(
    r"^\W{1,3}(?:\w+\W{1,3}){0,5}?(?:mark|tag|flag|label|spoiler|=\s*ban)"
    r"|^\W{1,3}(?:links?|posts?|chat|talk|discussion|content)\W{1,3}"
    r"(?:must|goes|go|belongs?|should|needs?|has|have|in|to|at)\b"
)
"""A place that asks to mark such posts, or sends them elsewhere, is mostly about something else."""
_ADDRESS: Final = regex.compile(r"(?<![\w.-])(?:\w++://\S+|[\w-]++(?:\.[\w-]++)+(?:/\S*+)?)")
_ELSEWHERE: Final = regex.compile(r"(?<!\S)(?:/?r/|[#!@]+)\S+")
"""Names of other places, in a topic."""
_AROUND: Final = 40
"""Characters before and after a word that may turn it away."""


def is_adult(name: str, topic: str) -> bool:
    """Whether `name` and `topic` say by themselves that the place is for adults only."""
    topic = _ELSEWHERE.sub(" ", _ADDRESS.sub(GAP, topic[:MAX_TOPIC]))
    name = name[:MAX_TOPIC]
    texts = (fold(_HUMP.sub(" ", name)), fold(topic))
    return any(map(_speaks_of_it, texts)) or any(map(_holds_it, fold(name).split()))


def _holds_it(word: str) -> bool:
    """Whether a word of a name has an unmistakable one within."""
    match = _ATTACHED.search(word)
    return match is not None and len(match[0]) < len(word)


def _speaks_of_it(text: str) -> bool:
    return any(
        _is_meant(text[max(0, match.start() - _AROUND) : match.start()], text[match.end() :])
        for pattern in _WORDS
        for match in pattern.finditer(text)
    )


def _is_meant(before: str, after: str) -> bool:
    after = after[:_AROUND]
    return not (
        _TURNED_AWAY.search(before)
        or _LEFT_BEHIND.search(after)
        or _LABELLED.search(before)
        or _AS_SUCH.search(after)
    )
