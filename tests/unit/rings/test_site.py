"""What a site says of a ring: by its page, or by its well-known file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webring.names import RingId
from webring.rings.site import (
    MAX_CANDIDATES,
    MAX_TITLE,
    Page,
    ProofKind,
    Sought,
    find_consent,
    page_title,
    read_page,
    same_url,
)

RING = RingId("gardens:commune.example")
ID = "0123456789abcdef0123"
OTHER_ID = "f" * 20
HOST = "https://ring.commune.example"
AT = f"{HOST}/rings/{RING}"
URL = "https://site.example/blog/"
SOUGHT = Sought(RING, ID, URL, (HOST, "https://mirror.example:8448/webring"))


def found(html: str, page_url: str = URL) -> tuple[str, str]:
    proof = find_consent(read_page(html), page_url, SOUGHT)
    assert proof.why
    assert proof.is_given == bool(proof.url) == (proof.code == "linked")
    return proof.kind.value, proof.code


def a(href: str, more: str = "") -> str:
    return f'<p><a href="{href}" {more}>Next</a></p>'


GIVEN: dict[str, tuple[str, str]] = {
    "a path with the id": (a(f"{AT}/{ID}/next"), "link"),
    "the id at the end": (a(f"{AT}/{ID}"), "link"),
    "the member's own page": (a(f"{AT}/members/{ID}"), "link"),
    "the id as from": (a(f"{AT}/next?from={ID}"), "link"),
    "the URL as from": (a(f"{AT}/next?from={URL}"), "link"),
    "the URL as from, encoded": (
        a(f"{AT}/next?x=1&amp;from=https%3A%2F%2Fsite.example%2Fblog%2F"),
        "link",
    ),
    "the ring, encoded": (a(f"{HOST}/rings/gardens%3Acommune.example/{ID}/next"), "link"),
    "an address in capitals": (a(f"HTTPS://RING.Commune.Example/rings/{RING}/{ID}"), "link"),
    "the port written": (a(f"{HOST}:443/rings/{RING}/{ID}"), "link"),
    "a mirror with a port and a path": (
        a(f"https://mirror.example:8448/webring/rings/{RING}/next?from={ID}"),
        "link",
    ),
    "an iframe": (f'<iframe src="{HOST}/embed/{RING}/{ID}" title="x"></iframe>', "iframe"),
    "a link element": (f'<link rel="webring" href="{AT}/{ID}">', "link_element"),
    "a link element with more rels": (
        f"<link rel='me  WEBRING' href={AT}?from={ID}>",
        "link_element",
    ),
    "without quotes": (f"<a href={AT}/{ID}/next>x</a>", "link"),
    "in capitals": (f'<A HREF="{AT}/{ID}">x</A>', "link"),
    "with other rels": (a(f"{AT}/{ID}", 'rel="external noopener"'), "link"),
    "spaces and breaks around": (a(f"\n\t {AT}/{ID}/next\n "), "link"),
    "a break within": (a(f"{AT}/\n{ID}/next"), "link"),
    "no scheme": (a(f"//ring.commune.example/rings/{RING}/{ID}"), "link"),
    "a fragment behind": (a(f"{AT}/{ID}/next#x"), "link"),
    "in noscript": (f"<noscript>{a(f'{AT}/{ID}')}</noscript>", "link"),
    "in a custom element": (f"<webring-links>{a(f'{AT}/{ID}')}</webring-links>", "link"),
    "behind a comment": (f"<!-- > {a('x')} -->{a(f'{AT}/{ID}')}", "link"),
    "behind an empty comment": (f"<!-->{a(f'{AT}/{ID}')}", "link"),
    "behind another empty comment": (f"<!--->{a(f'{AT}/{ID}')}", "link"),
    "behind a comment ended otherwise": (f"<!-- x --!>{a(f'{AT}/{ID}')}", "link"),
    "behind a declaration": (f"<!doctype html><?php x ?>{a(f'{AT}/{ID}')}", "link"),
    "behind a script": (f"<script>'<a href=>'</script>{a(f'{AT}/{ID}')}", "link"),
    "behind a template": (f"<template>x</template>{a(f'{AT}/{ID}')}", "link"),
    "behind a stray end": (f"</template></noscript>{a(f'{AT}/{ID}')}", "link"),
    "behind a lesser sign": (f"1 < 2 <3 {a(f'{AT}/{ID}')}", "link"),
    "by a base": (
        f'<base href="{HOST}/"><a href="rings/{RING}/{ID}">x</a>',
        "link",
    ),
    "by a base further below": (
        f'<a href="rings/{RING}/{ID}">x</a><base href="{HOST}/">',
        "link",
    ),
    "by a base, the first of two": (
        f'<base href="{HOST}/"><base href="/"><a href="rings/{RING}/{ID}">x</a>',
        "link",
    ),
    "behind a wrong base": (f'<base href="javascript:x">{a(f"{AT}/{ID}")}', "link"),
    "the first of two attributes": (f'<a href="{AT}/{ID}" href="/">x</a>', "link"),
    "behind many links": (a("/x") * 5_000 + a(f"{AT}/{ID}"), "link"),
}


@pytest.mark.parametrize("case", GIVEN)
def test_consent_is_found(case: str) -> None:
    html, kind = GIVEN[case]
    assert found(html) == (kind, "linked")


MISSING: dict[str, tuple[str, str]] = {
    "nothing": ("", "no_link"),
    "another site": (a("https://else.example/"), "no_link"),
    "the id without a link": (f"<p>{AT}/{ID}</p>", "no_link"),
    "the ring's host alone": (a(HOST), "other_link"),
    "another ring": (a(f"{HOST}/rings/books:commune.example/{ID}"), "other_link"),
    "another path of the host": (a(f"{HOST}/communities/{RING}/{ID}"), "other_link"),
    "the ring in the query": (a(f"{HOST}/search?q=/rings/{RING}/{ID}"), "other_link"),
    "a doubled slash": (a(f"{HOST}//rings/{RING}/{ID}"), "other_link"),
    "the ring without the member": (a(AT), "no_member"),
    "another member": (a(f"{AT}/{OTHER_ID}/next"), "no_member"),
    "the id within a segment": (a(f"{AT}/x{ID}/next"), "no_member"),
    "the id with an ending": (a(f"{AT}/{ID}.html"), "no_member"),
    "the id before the ring": (a(f"{HOST}/rings/{ID}/{RING}"), "no_member"),
    "the id as another value": (a(f"{AT}/next?to={ID}"), "no_member"),
    "the id as the second from": (a(f"{AT}/next?from={OTHER_ID}&from={ID}"), "no_member"),
    "the id in the fragment": (a(f"{AT}/next#{ID}"), "no_member"),
    "a URL below ours as from": (a(f"{AT}/next?from={URL}post"), "no_member"),
    "a URL above ours as from": (a(f"{AT}/next?from=https://site.example/"), "no_member"),
    "our host as a prefix": (
        a(f"{AT}/next?from=https://site.example.evil.example/blog/"),
        "no_member",
    ),
    "a rel of a guestbook": (a(f"{AT}/{ID}", 'rel="nofollow"'), "rel"),
    "one that is written in references": (a(f"{AT}/{ID}", 'rel="&#110;ofollow"'), "rel"),
    "with a space that is": (a(f"{AT}/{ID}", 'rel="nofollow&#32;ugc"'), "rel"),
    "a rel of visitors": (a(f"{AT}/{ID}", "rel='external UGC'"), "rel"),
    "a rel of the paid": (a(f"{AT}/{ID}", "rel=sponsored"), "rel"),
    "in a template": (f"<template>{a(f'{AT}/{ID}')}</template>", "template"),
    "in a template in a template": (
        f"<template><template></template>{a(f'{AT}/{ID}')}</template>",
        "template",
    ),
    "in a comment": (f"<!-- {a(f'{AT}/{ID}')} -->", "no_link"),
    "in a comment that never ends": (f"<!-- {a(f'{AT}/{ID}')}", "no_link"),
    "in a declaration": (f'<!x <a href="{AT}/{ID}">x</a>', "no_link"),
    "in a script": (f"<script>var x = '{a(f'{AT}/{ID}')}'</script>", "no_link"),
    "in a script in an escaped script": (
        f"<script><!-- <script></script>{a(f'{AT}/{ID}')}--></script>",
        "no_link",
    ),
    "in a style": (f"<style>{a(f'{AT}/{ID}')}</style>", "no_link"),
    "in a textarea": (f"<textarea>{a(f'{AT}/{ID}')}</textarea>", "no_link"),
    "in a textarea, an end like it": (
        f"<textarea></textareas>{a(f'{AT}/{ID}')}</textarea>",
        "no_link",
    ),
    "in a title": (f"<title>{a(f'{AT}/{ID}')}</title>", "no_link"),
    "in an iframe's text": (f"<iframe>{a(f'{AT}/{ID}')}</iframe>", "no_link"),
    "in plain text": (f"<plaintext>{a(f'{AT}/{ID}')}", "no_link"),
    "in an attribute": (f'<p title="{a(f"{AT}/{ID}").replace(chr(34), "")}">x</p>', "no_link"),
    "in an attribute that never ends": (
        f"<p title='{a(f'{AT}/{ID}')}",
        "no_link",
    ),
    "in a tag that never ends": (f'<a href="{AT}/{ID}"', "no_link"),
    "escaped": (f"&lt;a href=&quot;{AT}/{ID}&quot;&gt;", "no_link"),
    "the second of two attributes": (f'<a href="/" href="{AT}/{ID}">x</a>', "no_link"),
    "another attribute": (f'<a data-href="{AT}/{ID}">x</a>', "no_link"),
    "another element": (f'<area href="{AT}/{ID}"><img src="{AT}/{ID}">', "no_link"),
    "a form": (f'<form action="{AT}/{ID}"></form>', "no_link"),
    "a link element of another rel": (f'<link rel="me" href="{AT}/{ID}">', "no_link"),
    "an iframe that shows something else": (
        f'<iframe src="{HOST}/embed/{RING}/{ID}" srcdoc="x"></iframe>',
        "no_link",
    ),
    "a longer host": (a(f"{HOST}.evil.example/rings/{RING}/{ID}"), "no_link"),
    "a user that looks like the host": (
        a(f"https://ring.commune.example@evil.example/rings/{RING}/{ID}"),
        "no_link",
    ),
    "a user at the host": (a(f"https://me@ring.commune.example/rings/{RING}/{ID}"), "no_link"),
    "a backslash, read in two ways": (
        a(f"https://evil.example\\@ring.commune.example/rings/{RING}/{ID}"),
        "no_link",
    ),
    "another port": (a(f"{HOST}:8443/rings/{RING}/{ID}"), "no_link"),
    "port nought": (a(f"{HOST}:0/rings/{RING}/{ID}"), "no_link"),
    "a mirror without its port": (
        a(f"https://mirror.example/webring/rings/{RING}/{ID}"),
        "no_link",
    ),
    "a mirror above its path": (a(f"https://mirror.example:8448/rings/{RING}/{ID}"), "no_link"),
    "a mirror's path as a prefix": (
        a(f"https://mirror.example:8448/webrings/{RING}/{ID}"),
        "no_link",
    ),
    "plain HTTP": (a(f"http://ring.commune.example/rings/{RING}/{ID}"), "no_link"),
    "a script": (a(f"javascript:location='{AT}/{ID}'"), "no_link"),
    "the address as a parameter of another": (
        a(f"https://out.example/?to={AT}/{ID}"),
        "no_link",
    ),
    "steps upwards": (a(f"{AT}/{ID}/../../../x"), "no_link"),
    "steps upwards, encoded": (a(f"{AT}/{ID}/%2e%2e/%2E%2e/x"), "no_link"),
    "no address at all": (a(f"https://[ring.commune.example/{ID}"), "no_link"),
    "a port of letters": (a(f"{HOST}:x/rings/{RING}/{ID}"), "no_link"),
    "too many fields": (a(f"{AT}?{'x=1&' * 100}from={ID}"), "no_member"),
    "an endless address": (a(f"{AT}/{ID}/{'x' * 9_000}"), "no_link"),
    "a base in a template": (
        f'<template><base href="{HOST}/"></template><a href="rings/{RING}/{ID}">x</a>',
        "no_link",
    ),
    "behind more likely links than are looked at": (
        a(f"{AT}/{OTHER_ID}?from=x") * MAX_CANDIDATES + a(f"{AT}/{ID}"),
        "no_member",
    ),
}


@pytest.mark.parametrize("case", MISSING)
def test_consent_is_missing_and_it_is_said_how_near_it_came(case: str) -> None:
    html, code = MISSING[case]
    assert found(html) == ("", code)


def test_the_nearest_miss_is_told() -> None:
    html = a(HOST) + a(f"{AT}/{ID}", "rel=ugc") + a(AT)
    assert found(html) == ("", "rel")


def test_without_a_known_base_nothing_counts() -> None:
    nowhere = Sought(RING, ID, URL, ())
    proof = find_consent(read_page(a(f"{AT}/{ID}")), URL, nowhere)
    assert (proof.kind, proof.why) == (ProofKind.NONE, "the page has no link to the ring's host")


TAGS = st.sampled_from(
    ["a", "iframe", "link", "base", "template", "script", "style", "noscript", "p", "title", "svg"]
)
VALUES = st.text(max_size=12) | st.sampled_from(
    [HOST, AT, f"{AT}/next", f"{AT}/{OTHER_ID}", f"?from={OTHER_ID}", "webring", "/", f"{AT}/{ID}x"]
)
ATTRIBUTES = st.tuples(st.sampled_from(["href", "src", "rel", "x"]), VALUES).map(
    lambda pair: f' {pair[0]}="{pair[1]}"'
)
PIECES = (
    st.text(max_size=20)
    | st.sampled_from(["<!--", "-->", "<", "</", ">", '"', "'", "<![CDATA[", "&amp;", "\0"])
    | st.builds(lambda tag, more: f"<{tag}{''.join(more)}>", TAGS, st.lists(ATTRIBUTES, max_size=3))
    | TAGS.map(lambda tag: f"</{tag}>")
)
PAGES = st.lists(PIECES, max_size=25).map("".join)


@given(PAGES)
def test_a_page_without_our_link_never_consents(html: str) -> None:
    page = read_page(html)
    assert isinstance(page, Page)
    assert not find_consent(page, URL, SOUGHT).is_given


@given(PAGES, PAGES)
def test_what_a_page_comments_out_changes_nothing(before: str, inner: str) -> None:
    """A link in a comment is none, whatever stands around it."""
    hidden = f"<!-- {inner.replace('>', '')} {a(f'{AT}/{ID}').replace('>', ' ')} -->"
    assert not find_consent(read_page(f"{before}{hidden}"), URL, SOUGHT).is_given


HOSTILE = {
    "open comments": "<!--" * 300_000,
    "open scripts": "<script>" * 200_000,
    "escaped scripts": "<script><!--<script></script>" * 50_000,
    "open titles": "<title></titl" * 100_000,
    "open quotes": "<a b='" * 200_000,
    "lesser signs": "<" * 1_000_000,
    "spaces in a tag": "<a" + " " * 1_000_000,
    "spaces between attributes": "<a " + ("a" + " " * 1_000) * 1_000,
    "attributes": "<a " + "a " * 500_000,
    "templates": "<template>" * 100_000,
    "references": f'<a href="{"&amp;" * 800}">' * 300,
    "digits": f'<a href="from=&#{"9" * 4_000};">' * 300,
    "title of references": f"<title>{'&#99999999' * 200_000}</title>",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_pages_are_read_to_their_end(case: str) -> None:
    """Each of these is quadratic for a parser that looks back; here they take no notable time."""
    proof = find_consent(read_page(HOSTILE[case]), URL, SOUGHT)
    assert not proof.is_given


TITLES: dict[str, tuple[str, str]] = {
    "plain": ("<title>My garden</title>", "My garden"),
    "none": ("<p>x</p>", ""),
    "broken lines": ("<title>\n  My\n\tgarden </title>", "My garden"),
    "references": ("<title>Tea &amp; biscuits &#8211; &lt;b&gt;</title>", "Tea & biscuits – <b>"),  # noqa: RUF001
    "markup is text": ("<title><b>x</b></title>", "<b>x</b>"),
    "the first of two": ("<title>one</title><title>two</title>", "one"),
    "the second where the first is empty": ("<title> </title><title>two</title>", "two"),
    "a drawing's is none": ("<svg><title>icon</title></svg><title>page</title>", "page"),
    "a template's is none": ("<template><title>x</title></template>", ""),
    "turned around": ("<title>abc\u202edef\u200b</title>", "abcdef"),
    "controls": ("<title>a\x00b\x1b[31mc</title>", "ab[31mc"),
    "never ended": ("<title>open", "open"),
}


@pytest.mark.parametrize("case", TITLES)
def test_the_title_is_read_and_cleaned(case: str) -> None:
    html, title = TITLES[case]
    assert page_title(html) == title


def test_a_long_title_is_cut() -> None:
    assert len(page_title(f"<title>{'x' * 10_000}</title>")) == MAX_TITLE


SHELLS: dict[str, tuple[str, bool]] = {
    "an application": (
        "<title>App</title><noscript>Needs scripts</noscript><div></div><script src=x></script>",
        True,
    ),
    "a short page without scripts": ("<p>Under construction</p>", False),
    "a page with scripts and text": (f"<script></script><p>{'word ' * 100}</p>", False),
    "text in a template": (f"<script></script><template>{'word ' * 100}</template>", True),
}


@pytest.mark.parametrize("case", SHELLS)
def test_pages_that_are_built_by_scripts_are_recognised(case: str) -> None:
    html, shell = SHELLS[case]
    assert read_page(html).is_shell is shell


def left(href: str = f"{AT}/{ID}", rel: str = "webring-left", tag: str = "link") -> str:
    return f'<{tag} rel="{rel}" href="{href}">'


LEFT: dict[str, tuple[str, str]] = {
    "by a link element": (left(), "left"),
    "by a link": (left(tag="a"), "left"),
    "with more rels": (left(rel="me WEBRING-LEFT"), "left"),
    "and by webring as well": (left(rel="webring webring-left"), "left"),
    "at a mirror": (left(f"https://mirror.example:8448/webring/rings/{RING}/{ID}"), "left"),
    "by an address that leads on": (left(f"{AT}/{ID}/next"), "left"),
    "while the snippet is there": (left() + a(f"{AT}/{ID}/next"), "linked"),
    "while the snippet is there, below": (a(f"{AT}/{ID}/next") + left(), "linked"),
    "for another member": (left(f"{AT}/{OTHER_ID}"), "no_member"),
    "for another ring": (left(f"{HOST}/rings/books:commune.example/{ID}"), "other_link"),
    "at another host": (left(f"https://evil.example/rings/{RING}/{ID}"), "no_link"),
    "in a guestbook": (left(rel="webring-left ugc", tag="a"), "rel"),
    "in a template": (f"<template>{left()}</template>", "template"),
    "in a comment": (f"<!-- {left()} -->", "no_link"),
    "in a text to be copied": (f"<textarea>{left()}</textarea>", "no_link"),
    "by a form": (f'<form rel="webring-left" action="{AT}/{ID}"></form>', "no_link"),
    "by words": ("webring-left", "no_link"),
}


@pytest.mark.parametrize("case", LEFT)
def test_a_site_leaves_by_its_own_word_alone(case: str) -> None:
    html, code = LEFT[case]
    kind, found_code = found(html)
    assert (found_code, kind) == (code, "link" if code == "linked" else "")


SAME: dict[str, tuple[str, str, bool]] = {
    "the same": (URL, URL, True),
    "the host's case": ("https://A.example/x", "https://a.example/x", True),
    "the path's case": ("https://a.example/X", "https://a.example/x", False),
    "the default port": ("https://a.example:443/", "https://a.example/", True),
    "an empty path": ("https://a.example", "https://a.example/", True),
    "a trailing slash": ("https://a.example/x", "https://a.example/x/", False),
    "a query": ("https://a.example/?a", "https://a.example/?b", False),
    "a prefix": ("https://a.example/x", "https://a.example/xy", False),
    "no URL": ("x", "x", False),
}


@pytest.mark.parametrize("case", SAME)
def test_when_two_urls_are_one(case: str) -> None:
    one, other, same = SAME[case]
    assert same_url(one, other) is same
