"""The words by which adult content is known, as parts of regular expressions over folded text.

Each is rarely used otherwise: an ambiguous one stands only with what makes it clear ("big tits",
never "great tits"; "escort services", never a car's "escort service manual").
"""

from __future__ import annotations

from typing import Final

FIGURES: Final = (
    r"history|food|earth|book|car|map|data|design|space|room|city|village|nature|landscape|machine|"
    r"cable|desk|tool|word|infrastructure|architecture|weather|sky|water|animal|plant|garden|camera|"
    r"typewriter|font|watch|train|server|penmanship|abandoned|misery|poverty|disaster|ruin|torture|"
    r"inspiration|tennis|military|pan|dev|tech|gear|hardware|home|house|cabin|bike|plane|boat|ship|math|geo|quote"
)
"""Before "porn": what is only admired."""

_BODY: Final = r"(?:tits|titties|boobs|breasts|ass(?:es)?|booty|butts?|cocks?|dicks?)"
_LOOKS: Final = r"(?:nude|naked|sexy|hot|horny|busty|topless)"

SPACED: Final = (
    # English
    rf"nsfw\w*|(?<!(?:{FIGURES})\W?)porn(?!-?free)\w*|p0rn|pr0n|hentai|"
    r"gangbang\w*|blowjobs?|handjobs?|"
    r"creampies?|cumshots?|cumsluts?|milfs?|dilfs?|gilfs?|pawgs?|"
    r"bdsm|femdom|fetish(?:es)?|fetlife|rule ?34|r34|onlyfans|cam ?girls?|cam ?boys?|nudes|"
    r"erotica?|sexting|sexchat|gone ?wild|r/nsfw|lewds?|upskirts?|cuckold\w*|hotwi(?:fe|ves)|"
    r"deep ?throat(?:s|ing)?|threesomes?|butt ?plugs?|dildos?|jerk(?:ing)? ?off|fap(?:s|ping)?|"
    r"sex (?:chat|cams?|videos?|pics|roleplay|rp|stories|toys|tapes?|games)|cybersex|"
    r"xxx (?:videos?|chat|pics|movies)|yiff|futanari|futa (?:hentai|porn|art)|ecchi|"
    r"masturbat\w+|dick ?pics?|anal sex|boobs|titties|"
    rf"(?:big|huge|small|tiny|perky|nice|natural|fake|saggy|perfect|fat|thick|round) {_BODY}|"
    r"nicetits|(?:my|her|your|their|show(?:ing)?|love|wives'?|girls'?|women'?s?) (?:tits|titties)|"
    r"puss(?:y|ies)(?! (?:willows?|riot|cats?|foot))|sluts?|striptease|"
    r"horny(?! (?:toads?|goat|lizards?|layer))|"
    rf"{_LOOKS} (?:girls?|wom[ae]n|ladies|babes|teens|pics|pictures|photos|selfies|vids|videos|"
    r"wife|wives|milfs|guys|men|celebs|celebrities|chicks)|(?:blow|hand) jobs?|"
    r"adults? only|adults? (?:content|chat|roleplay|rp|videos|dating)|x-rated|"
    r"adult (?:stars?|films?|literature|entertainment|models?)|facesitting|cuckqueans?|cameltoes?|"
    r"cum (?:tributes?|filled|covered|dumps?)|(?:hot|swallow(?:ing)?) cum|getting fucked|"
    r"escorts? (?:services(?! manual)|agency|girls)|18 and (?:over|up) only|"
    # German, Dutch
    r"erotik\w*|fsk ?18|ab 18 jahren|sexkontakte|sextreffen|nacktbilder|pornos?|"
    r"geile (?:titten|weiber|girls|frauen|madchen|schlampen|bilder|videos)|titten|fickfreunde|"
    r"neuken|seksdate|geile (?:vrouwen|meiden)|"
    # French
    r"erotique|(?:salon|chat|rencontres?|photos?|videos?|plan|site) coquin(?:e|s|es)?|porno\w*|"
    r"sexe (?:chat|amateur|video)|reserve aux adultes|plan cul|"
    # Spanish, Portuguese, Italian
    r"erotic[oa]s?|contenido (?:para )?adultos?|conteudo adulto|solo (?:para )?adultos|putaria|"
    r"so para adultos|sexo (?:chat|amateur|amador|cam|virtual|gratis)|tetonas|culonas|bucetas?|"
    r"(?:solo )?per adulti|chat erotica|tette grosse|"
    # Russian, Ukrainian
    r"порно\w*|порнух\w*|эротик\w*|эротич\w*|хентай\w*|интим ?(?:фото|видео|услуги|чат)|нюдсы|"
    r"секс ?(?:чат|видео|знакомства)|еротик\w*|еротичн\w*|голые (?:девушки|женщины)|вирт чат|"
    # Turkish, Polish, Czech
    r"pornosu|porno izle|seks ?(?:sohbet|hikayeleri|czat|randki)|erotyk\w*|erotyczn\w*|"
    r"eroticke?|sex (?:seznamka|czat)|"
    # Arabic, Persian, Hebrew
    r"اباحي\w*|سكس\w*|پورن\w*|سكسي|افلام اباحيه|פורנו|סקס (?:צ'אט|חינם)|"
    # Hindi, Indonesian, Vietnamese
    r"अश्लील|पोर्न|bokep|khieu dam|phim sex"
)
"""Whole words."""

UNSPACED: Final = (
    r"ポルノ|エロ(?:画像|動画|漫画|アニメ|ゲ|い)|アダルト(?:動画|サイト|コンテンツ)|成人向け|18禁|"
    r"色情|黄片|黄色视频|情色|成人视频|成人影片|成人内容|裸聊|約炮|约炮|無修正|야동|포르노|성인방송|"
    r"19금|หนังโป๊|คลิปโป๊"
)
"""Of scripts without spaces: anywhere in a text."""

_SOFTWARE: Final = (
    r"(?:node(?:\.?js)?|java|jdk|jre|python|php|ruby|ios|android|vue|angular|react|next(?:\.?js)?|"
    r"kernel|ubuntu|debian|postgres(?:ql)?|mysql|version|ver|v|django|swift|level|lvl|gcc|clang|"
    r"llvm|chrome|firefox|safari|c\+\+|api)"
)
_COUNTED: Final = (
    r"(?:[gmtk]b|[gmk]hz|cores?|hours?|hrs?|languages?|countries|nodes?|servers?|months|members|"
    r"episodes|channels|stars|rooms|players|points|fps|(?:years?|yrs?)(?: of| in|'? exp)|k\b|m\b)"
)
GAP: Final = "\ufffc"
"""What stands for an address that was taken out, "Node.js" among them."""
SIGNS: Final = (
    r"🔞|(?<![\p{L}\p{N}])r-?18(?![\p{L}\p{N}])"
    r"|(?<![\p{N}\p{L}]|(?:gmt|utc) ?)\+18(?![:\p{N}])"
    rf"|(?<![\p{{N}}\p{{L}}.:+-]|(?:{_SOFTWARE}|{GAP}) ?)18\+(?!\p{{N}}|[ -]?{_COUNTED})"
)
"""Ages, but no versions, hours or amounts."""

ATTACHED: Final = (
    r"gonewild|hentai|(?<!no|non|not|anti|sfw)nsfw(?!filter|detect|free)|onlyfans|cam(?:girl|whore)s|"
    r"(?:big|huge|tiny|small|perfect|nice)(?:tits|boobs|cocks?|dicks?|asses)|blowjobs?|cumshot|"
    r"cumslut|creampie|futanari|femdom|cuckold|upskirt|(?<!anti)rule34|gangbang|sexting|nudes$|"
    r"(?:amateur|anal|gay|teen|hardcore|lesbian|shemale|anime|cartoon|furry|hot|celeb|vr|"
    r"interracial|ebony|latina|milf|homemade|free|live)porn(?!free)|^porn(?!free|addict|block|filter)[\p{L}\d]|"
    r"milfs?$|bdsm|erotic(?:lit|stor|pic|vid|art|fic)|girlsin(?:yoga|bikini|panties|stockings)|asstastic|(?<!no)fapping|xxxx?vid|sexcam|sexchat"
)
"""Words that are as clear where they are a part of a name that is written as one."""
