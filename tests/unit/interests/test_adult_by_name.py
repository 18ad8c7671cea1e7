"""Adult content by name: what is no such thing although it reads like it, and what is."""

from __future__ import annotations

import pytest

from webring.interests import is_adult

CLEAR = {
    "place names": ("Essex, Sussex and Middlesex", "Also Scunthorpe, Penistone and Clitheroe"),
    "sexual health": ("Sexual health support", "Contraception, STI tests, questions about sex"),
    "sex education": ("Sex ed for teachers", "How to talk about sex and consent in class"),
    "adult learners": ("Adult learners", "Adult education and evening classes"),
    "adults of a diagnosis": ("Adults with ADHD", "Support for adults and young adults"),
    "a cancer group": ("Breast cancer support", "After a breast operation"),
    "birds": ("Great tits and blue tits", "Tits, cocks and hens: bird watching"),
    "a willow and a band": ("Pussy Riot fans", "and pussy willows"),
    "a toad and a herb": ("Horny toads", "Horny goat weed in the garden"),
    "a car's papers": ("Ford Escort", "The Escort service manual, in PDF"),
    "trains": ("Hot models", "Model railways at work"),
    "German for great": ("Geile Musik", "Heute Abend: geile Stimmung"),
    "a dessert": ("Boston cream pie", "Recipes"),
    "a university": ("FUTA alumni", "Federal University of Technology Akure"),
    "software versions": ("Node 18+", "Needs Node.js 18+, Python 3.18+ or Java 18+"),
    "an amount": ("18+ rooms", "18+ years of experience, 18+ GB of memory, 18+ languages"),
    "a time zone": ("Meeting", "every day at UTC+18"),
    "a resistor": ("Schematics", "between r17 and motor18"),
    "what is only admired": ("Food porn", "History porn, EarthPorn and typewriter porn"),
    "abstinence": ("Rebooting", "Abstain from porn and masturbation for ninety days"),
    "addiction": ("Recovery", "Overcome an addiction to pornography"),
    "protection of children": ("Parents", "How to protect children from porn, and filter NSFW"),
    "links that are warned of": ("Lounge", "Any links posted are likely NSFW"),
    "another room": ("Anime", "NSFW links go to #anime-nsfw:hs.example"),
    "its name in another's": ("Cats", "See also r/nsfwcats and #porn:hs.example"),
    "doubtful posts": ("Game", "If it is 18+, don't post it"),
    "no such content in Spanish": ("Sala", "Sin porno, por favor"),
    "no such content in French": ("Salon", "Pas de porno ici"),
    "a French adjective": ("Le petit coquin", "Livres pour enfants"),
    "surnames": ("Hancock and Dickson", "Cockburn, Babcock, Titsworth"),
    "a cocktail": ("Cocktails", "Cockpit, peacock, shuttlecock, cumin, Cumbria"),
    "words that hold words": ("Assassin class", "Analysis, analogue, document, title, basement"),
    "nudging": ("Nudge theory", "nude mice in research; denuded hills"),
    "women's rights": ("Women in tech", "Hot topics, naked facts"),
    "asexual": ("Asexual and aromantic", "Ace people of all sexes"),
    "a filter": ("NSFW detection", "Training classifiers for NSFW images"),
}
MORE = {
    "words that a name joins": ("RepressedGoneWild", ""),
    "words in small letters that a name joins": ("dailybigboobs", ""),
    "age in words": ("Stories", "18 and over only"),
    "what the content is": ("Lounge", "Content is NSFW"),
    "with a noun": ("Lounge", "Adult films and their stars"),
    "Dutch": ("Seksdate", ""),
    "Italian": ("Stanza", "Solo per adulti"),
    "Portuguese": ("Sala", "Conteúdo adulto"),
    "Polish": ("Pokój", "Opowiadania erotyczne"),
    "Turkish": ("Oda", "Seks sohbet"),
    "Ukrainian": ("Еротика", ""),
    "Hebrew": ("פורנו", ""),
    "Thai": ("คลิปโป๊", ""),
    "Hindi": ("पोर्न", ""),
    "Indonesian": ("Bokep", ""),
    "Korean, by age": ("19금 채팅", ""),
    "Japanese, by age": ("18禁の部屋", ""),
    "German, by age": ("Treff", "FSK 18"),
}


@pytest.mark.parametrize(("name", "topic"), CLEAR.values(), ids=CLEAR)
def test_it_only_reads_like_it(name: str, topic: str) -> None:
    assert not is_adult(name, topic)


@pytest.mark.parametrize(("name", "topic"), MORE.values(), ids=MORE)
def test_it_is_meant(name: str, topic: str) -> None:
    assert is_adult(name, topic)


HOSTILE = {
    "one letter": "a" * 9_000,
    "ages": "18+ " * 2_000,
    "words": "porn " * 2_000,
    "denials": "no " * 3_000,
    "addresses": "x." * 4_000,
    "names of places": "/r/" * 3_000,
    "a sign again and again": "#" * 9_000,
    "half a phrase": "big " * 2_000,
    "capitals": "aB" * 4_000,
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_text_ends(case: str) -> None:
    is_adult(HOSTILE[case], HOSTILE[case])
