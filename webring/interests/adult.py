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
    r"bdsm|femdom|fetish(?:es)?|fetlife|rule ?34|onlyfans|camgirls?|camboys?|nudes|"
    r"erotica?|sexting|sexchat|gonewild|r/nsfw|lewd|"
    r"sex (?:chat|cam|videos?|roleplay|rp|stories|toys)|"
    r"xxx (?:videos?|chat|pics|movies)|yiff|futa(?:nari)?|ecchi|masturbat\w+|dick ?pics?|anal sex|"
    r"boobs|titties|tits|puss(?:y|ies)|"
    r"sluts?|horny|striptease|(?:nude|naked|sexy|hot) (?:girls?|wom[ae]n|ladies|babes|teens|models|"
    r"pics|pictures|photos|selfies|wife|wives)|(?:blow|hand) jobs?|"
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
_SIGN: Final = r"(?:\+18(?!:)|18\+)"
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
_LABELLED: Final = regex.compile(
    r"(?:mark|tag|flag|label|spoiler|hide|content|etiquet|tagge|пометк)\w*\W{1,3}(?:\w+\W{1,3}){0,3}$"
)
_AS_SUCH: Final = regex.compile(
    r"^\W{1,3}(?:\w+\W{1,3}){0,5}?(?:mark|tag|flag|label|spoiler|=\s*ban)"
)
"""A place that asks to mark such posts is mostly about something else."""
_ADDRESS: Final = regex.compile(r"(?<![\w.-])(?:\w++://\S+|[\w-]++(?:\.[\w-]++)+(?:/\S*+)?)")
_AROUND: Final = 40
"""Characters before and after a word that may turn it away."""


def is_adult(name: str, topic: str) -> bool:
    """Whether `name` and `topic` say by themselves that the place is for adults only."""
    topic = _ADDRESS.sub(" ", topic[:MAX_TOPIC])
    return any(_speaks_of_it(fold(text)) for text in (name, topic))


def _speaks_of_it(text: str) -> bool:
    return any(
        _is_meant(text[max(0, match.start() - _AROUND) : match.start()], text[match.end() :])
        for match in _WORD.finditer(text)
    )


def _is_meant(before: str, after: str) -> bool:
    after = after[:_AROUND]
    return not (
        _TURNED_AWAY.search(before)
        or _LEFT_BEHIND.search(after)
        or _LABELLED.search(before)
        or _AS_SUCH.search(after)
    )
