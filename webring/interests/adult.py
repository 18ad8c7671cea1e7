"""Adult content, inferred from name and topic where nobody declares it. Cautious by intent.

A word counts only if it is rarely used otherwise, and not where the text turns it away ("no
NSFW"), or speaks of leaving it behind ("porn addiction"): hiding a room by mistake is a harm too.
"""

from __future__ import annotations

from typing import Final

import regex

from webring.text import fold

MAX_TOPIC: Final = 2_000
"""Characters of a topic that are read."""

_PLAIN: Final = (
    # English
    r"nsfw\w*|porn\w*|p0rn|hentai|gangbang\w*|blowjobs?|handjobs?|creampies?|cumshots?|milfs?|"
    r"bdsm|femdom|fetish(?:es)?|fetlife|kinky|rule ?34|onlyfans|camgirls?|camboys?|nudes|"
    r"erotica?|sexting|sexchat|sex (?:chat|cam|videos?|roleplay|rp)|erp|gonewild|r/nsfw|lewd|"
    r"xxx+|yiff|futa(?:nari)?|ecchi|masturbat\w+|dick ?pics?|anal sex|boobs|titties|hookups?|"
    r"adults? only|adult content|adult chat|x-rated|escorts? service|"
    # German, Dutch
    r"erotik\w*|fsk ?18|sexkontakte|nacktbilder|pornos?|sexchat|geile [a-z]+|"
    # French
    r"erotique|coquin(?:e|s|es)?|porno\w*|sexe (?:chat|amateur)|"
    # Spanish, Portuguese, Italian
    r"erotic[oa]s?|contenido adulto|conteudo adulto|putaria|sexo (?:chat|amateur|amador|cam)|"
    # Russian, Ukrainian
    r"порно\w*|порнух\w*|эротик\w*|эротич\w*|хентай\w*|интим ?(?:фото|видео|услуги|чат)|нюдсы|"
    r"секс ?(?:чат|видео|знакомства)|еротик\w*|"
    # Turkish, Polish, Czech
    r"pornosu|porno izle|seks ?(?:sohbet|czat|randki)|erotyk\w*|"
    # Arabic, Persian, Hebrew
    r"اباحي\w*|سكس\w*|پورن\w*|سكسي|פורנו|"
    # Hindi
    r"अश्लील|पोर्न"
)
_UNSPACED: Final = (
    r"ポルノ|エロ(?:画像|動画|漫画|アニメ|ゲ|い)|アダルト(?:動画|サイト|コンテンツ)|成人向け|r-?18(?!\d)|"
    r"色情|黄片|黄色视频|情色|成人视频|成人影片|裸聊|約炮|约炮|無修正|야동|포르노|성인방송|"
    r"หนังโป๊|คลิปโป๊"
)
_SIGN: Final = r"(?:\+18|18\+|🔞)"
_WORD: Final = regex.compile(
    rf"(?<![\p{{L}}\p{{N}}_])(?:{_PLAIN})(?![\p{{L}}\p{{N}}])|{_UNSPACED}|🔞"
    rf"|(?<![\p{{N}}]){_SIGN}(?![\p{{N}}])",
    flags=regex.VERSION1,
)
_TURNED_AWAY: Final = regex.compile(
    r"(?:\b(?:no|not|non|never|without|anti|against|zero|avoid|ban(?:s|ned)?|block(?:s|ed|ing)?|"
    r"filter(?:s|ed|ing)?|free of|isn'?t|keine?n?|ohne|kein|gegen|pas de|sans|sin|nada de|sem|"
    r"нет|без|не|запрещ\w+|bez|senza|geen|禁止)\W{0,3}(?:\w+\W{1,3}){0,2}"
    r"|禁|лишен\w+ )$"
)
_LEFT_BEHIND: Final = regex.compile(
    r"^\W{0,2}(?:[\p{L}/,&]+\W{1,3}){0,3}?(?:"
    r"free\b|addict\w*|recover\w*|not (?:allowed|permitted|ok)"
    r"|"
    r"(?:is |are )?(?:forbidden|prohibited|banned|disallowed|unwelcome)|block(?:er|ing|list)"
    r"|filter\w*|"
    r"detect\w*|classif\w*|verboten|interdit\w*|prohibid[oa]s?|proibid[oa]s?|запрещен\w*|"
    r"addiction|sucht|禁止|厳禁)"
)  # fmt: skip
_AROUND: Final = 40
"""Characters before and after a word that may turn it away."""


def is_adult(name: str, topic: str) -> bool:
    """Whether `name` and `topic` say by themselves that the place is for adults only."""
    return _speaks_of_it(fold(name)) or _speaks_of_it(fold(topic[:MAX_TOPIC]))


def _speaks_of_it(text: str) -> bool:
    return any(
        not _TURNED_AWAY.search(text[max(0, match.start() - _AROUND) : match.start()])
        and not _LEFT_BEHIND.search(text[match.end() : match.end() + _AROUND])
        for match in _WORD.finditer(text)
    )
