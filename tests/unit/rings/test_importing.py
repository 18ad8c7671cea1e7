"""Lists of other webrings are read in the forms that they have; what is none is named."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.documents.ring_world import first
from tests.unit.rings.test_outlines import AT, HERBS, SHED
from webring.documents.fields import is_web_url
from webring.errors import BadRequest, InvalidName, RequestError, TooLarge
from webring.rings.exports import ring_json
from webring.rings.importing import MAX_BYTES, Imported, read_list
from webring.rings.list_entries import MAX_ENTRIES, MAX_NESTING
from webring.rings.outlines import outline
from webring.rings.site_urls import read_site_url

ALICE, BOB = Imported("https://alice.example/", "Alice"), Imported("https://bob.example/~b", "Bob")
UNNAMED = [Imported(ALICE.url, ""), Imported(BOB.url, "")]


def opml(body: str, version: str = "2.0") -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    text = f'{head}<opml version="{version}"><head/><body>{body}</body></opml>'
    return text.encode()


NESTED = (
    '<outline text="Folder"><outline text="Alice" htmlUrl="https://alice.example"/>'
    '<outline text="Deeper"><outline TITLE="Bob" HTMLURL="https://bob.example/~b"/></outline>'
    "</outline>"
)
FEEDS = (
    '<outline type="rss" text="Alice" title="Alice" description="" version="RSS"'
    ' htmlUrl="https://alice.example" xmlUrl="https://alice.example/feed.xml"/>'
    '<outline type="rss" text="Bob" title="Bob" htmlUrl="https://bob.example/~b" xmlUrl="x"/>'
)
BOTH = [{"name": "Alice", "url": "https://alice.example/"}, {"name": "Bob", "url": BOB.url}]

LINK = '<outline text="Alice" type="link" url="https://alice.example"/>'
FORMS: dict[str, bytes | object] = {
    "OPML of links": opml(LINK + FEEDS),
    "OPML of feeds": opml(FEEDS),
    "OPML, version 1, nested": opml(NESTED, "1.0"),
    "OPML in UTF-16": opml(FEEDS).decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "OPML without a declaration": opml(FEEDS).partition(b"\n")[2],
    "OPML with a byte order mark": b"\xef\xbb\xbf" + opml(FEEDS),
    "objects with name and url": BOTH,
    "objects with title, url and feed": [
        {"title": each["name"], "url": each["url"], "feed": None} for each in BOTH
    ],
    "a ring of names and links without a scheme": {
        "version": 1,
        "name": "aRing",
        "ring": [
            {"name": "Alice", "link": "alice.example"},
            {"name": "Bob", "link": "bob.example/~b"},
        ],
    },
    "an index beside the address": [
        {"name": "Alice", "url": "alice.example", "link": "https://alice.example", "88x31": "x"},
        {"name": "Bob", "url": "bob.example", "link": "https://bob.example/~b"},
    ],
    "members with more": {
        "url": "https://ring.example/",
        "members": [
            {"date": "2023-01-19T00:00", "github": "https://github.example/a", **each}
            for each in BOTH
        ],
    },
    "sites with websites": {
        "sites": [{"name": each["name"], "website": each["url"]} for each in BOTH]
    },
    "an object within an object": {"webring": {"title": "x", "sites": BOTH}},
    "objects by their owner": {"a": BOTH[0], "b": BOTH[1]},
    "objects by their owner, in a list's place": {"members": {"a": BOTH[0], "b": BOTH[1]}},
    "capitals": [
        {"Title": "Alice", "URL": "https://ALICE.example"},
        {"by": "?", "TITLE": "Bob", "siteUrl": BOB.url},
    ],
    "a byte order mark": b"\xef\xbb\xbf" + json.dumps(BOTH).encode(),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_known_forms_are_read(name: str) -> None:
    form = FORMS[name]
    read = read_list(form if isinstance(form, bytes) else json.dumps(form).encode())
    assert read.sites == (ALICE, BOB)
    assert read.form == ("OPML" if name.startswith("OPML") else "JSON")


def test_lists_of_addresses_are_read() -> None:
    addresses = [ALICE.url, BOB.url]
    for data in (
        json.dumps(addresses),
        json.dumps({"urls": addresses}),
        "\n# x\n\n".join(addresses),
    ):
        assert list(read_list(data.encode()).sites) == UNNAMED
    assert read_list(b"# mine\r\nhttps://alice.example\r\n").form == "addresses"


def test_one_site_by_itself_is_a_list() -> None:
    alone = {"name": "Alice", "url": ALICE.url, "links": {"other": "https://x.example/"}}
    assert read_list(json.dumps(alone).encode()).sites == (ALICE,)


def test_what_we_export_we_import() -> None:
    exported = json.dumps(ring_json(first(), [HERBS, SHED])).encode()
    expected = [Imported(HERBS.url, "Herbs"), Imported(SHED.url, "")]
    assert list(read_list(exported).sites) == expected
    titled = replace(SHED, title="Shed")
    read = read_list(outline("Soil", [HERBS, titled], (), AT))
    assert [site.title for site in read.sites] == ["Herbs", "Shed"]


REFUSED: dict[str, tuple[object, str]] = {
    "http": ("http://a.example/", "only https is visited, not 'http'"),
    "gemini": ("gemini://a.example/", "only https is visited, not 'gemini'"),
    "a script": ("javascript:alert(1)", "it is no web address"),
    "mail": ("mailto:a@b.example", "it is no web address"),
    "nothing": ("", "it is no web address"),
    "words": ("my site", "it is no web address"),
    "a user": ("https://me@a.example/", "it is no web address"),
    "a user in disguise": ("https://a.example\\@b.example/", "it is no web address"),
    "an IPv4 address": ("https://93.184.216.34/", "a site has a name, not a bare IP address"),
    "a private address": ("https://192.168.0.1/", "a site has a name, not a bare IP address"),
    "an IPv6 address": ("https://[::1]/", "a site has a name, not a bare IP address"),
    "a number": ("https://2130706433/", "it is no web address"),
    "an octal number": ("https://0177.0.0.1/", "it is no web address"),
    "localhost": ("https://localhost/", "localhost is a name for a private network"),
    "under localhost": ("https://a.localhost/", "a.localhost is a name for a private network"),
    "one word": ("https://intranet/", "intranet is a name for a private network"),
    "local": ("https://printer.local/", "printer.local is a name for a private network"),
    "a home": ("https://nas.home.arpa/", "nas.home.arpa is a name for a private network"),
    "an onion": ("https://a.onion/", "a.onion is a name for a private network"),
    "an empty label": ("https://a..example/", "it is no web address"),
    "a wrong port": ("https://a.example:99999/", "it is no web address"),
    "a control": ("https://a.example/\x07", "it is no web address"),
    "half a character": ("https://a.example/\ud800", "it is no web address"),
    "too long": ("https://a.example/" + "x" * 2_048, "it is no web address"),
    "a number of JSON": (7, "it is neither an address nor an object with one"),
    "a list in a list": ([ALICE.url], "it is neither an address nor an object with one"),
    "null": (None, "it is neither an address nor an object with one"),
    "an object without": (
        {"name": "Alice"}, "it has no address (url, website, link, href or the like)",
    ),
    "an address of another type": (
        {"url": ["https://a.example/"]}, "it has no address (url, website, link, href or the like)",
    ),
    "the same again": ("https://ALICE.example:443", "it stands in the list before"),
    "the same with a fragment": ("https://alice.example/#top", "it stands in the list before"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_an_entry_that_cannot_be_is_refused_alone(name: str) -> None:
    entry, reason = REFUSED[name]
    read = read_list(json.dumps([ALICE.url, entry, BOB.url]).encode())
    assert list(read.sites) == UNNAMED
    assert [refused.reason for refused in read.refused] == [reason]
    assert len(read.refused[0].seen) <= 200
    assert read.refused[0].seen.isprintable()


OUTLINES: dict[str, tuple[str, str]] = {
    "a feed without a site": ('xmlUrl="https://a.example/feed"', "it names a feed"),
    "an inclusion": ('type="include" url="https://a.example/x"', "it includes another list"),
    "a link to OPML": ('type="link" url="https://a.example/x.OPML"', "it includes another list"),
    "http": ('htmlUrl="http://a.example/"', "only https"),
}


@pytest.mark.parametrize("name", OUTLINES)
def test_an_outline_that_is_no_site_is_refused_alone(name: str) -> None:
    attributes, reason = OUTLINES[name]
    read = read_list(opml(f'<outline text="x" {attributes}/>{FEEDS}'))
    assert read.sites == (ALICE, BOB)
    assert next(refused.reason for refused in read.refused).startswith(reason)


BOMB = b"""<!DOCTYPE opml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<opml version="2.0"><body><outline text="&b;" htmlUrl="https://a.example"/></body></opml>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE opml SYSTEM "file:///etc/passwd">
<opml version="2.0"><body/></opml>"""
NEST = opml("<outline>" * MAX_NESTING + "</outline>" * MAX_NESTING)

FILES: dict[str, tuple[bytes, type[RequestError], str]] = {
    "nothing": (b"", BadRequest, "it is empty"),
    "white space": (b"\xef\xbb\xbf \n", BadRequest, "it is empty"),
    "another encoding": (b"[\"\xe9\"]", BadRequest, "a list is text in UTF-8: byte 2 is not"),
    "an image": (b"\x89PNG\r\n", BadRequest, "a list is text in UTF-8"),
    "words": (b"Dear Bob,\nhello", BadRequest, "has 'Dear Bob,'"),
    "addresses and words": (b"https://a.example\nBob", BadRequest, "has 'Bob'"),
    "a script": (
        b"const sites = [{url:'https://a.example'}]", BadRequest, "has \"const sites = [",
    ),
    "remarks alone": (b"# nothing", BadRequest, "has '# nothing'"),
    "a page": (b"<!doctype html><html></html>", BadRequest, "it is a web page"),
    "an XHTML page": (b"\n<html><body/></html>", BadRequest, "it is a web page"),
    "a doctype": (b"<!DOCTYPE opml><opml/>", BadRequest, "it declares a document type"),
    "RSS": (b"<rss><channel/></rss>", BadRequest, "a document of <rss>"),
    "broken XML": (b"<opml><body><outline></body>", BadRequest, "mismatched tag"),
    "XML that ends early": (opml(FEEDS)[:-20], BadRequest, "begins like XML and is none"),
    "entities": (BOMB, BadRequest, "it declares a document type or an entity"),
    "a file from outside": (OUTSIDE, BadRequest, "it declares a document type or an entity"),
    "an entity that is nowhere": (opml('<outline text="&b;"/>'), BadRequest, "undefined entity"),
    "an unknown encoding": (
        b'<?xml version="1.0" encoding="utf-7"?><opml/>', BadRequest, "encodings are not",
    ),
    "an encoding that is none": (
        b'<?xml version="1.0" encoding="x-none"?><opml/>', BadRequest, "unknown encoding",
    ),
    "an encoding of bytes": (
        b'<?xml version="1.0" encoding="hex"?><opml/>', BadRequest, "begins like XML",
    ),
    "nested too deep": (NEST, BadRequest, "outlines are nested at most 64 deep"),
    "broken JSON": (b'[{"url": ]', BadRequest, "begins like JSON and is none"),
    "JSON without end": (b"[" * 100_000, BadRequest, "begins like JSON and is none"),
    "a huge number": (b"[" + b"9" * 5_000 + b"]", BadRequest, "begins like JSON and is none"),
    "an object of others": (
        b'{"memberships": [], "spec": "x"}', BadRequest,
        "it has 'memberships, spec', and a list would stand under members, sites,",
    ),
    "an empty object": (b"{}", BadRequest, "it has 'none'"),
    "too deep an object": (
        b'{"webring": {"ring": {"ring": {"sites": [1]}}}}', BadRequest, "it has 'ring'",
    ),
    "objects without addresses": (b'{"a": {"b": {}}}', BadRequest, "it has 'a'"),
    "too large": (b" " * (MAX_BYTES + 1), TooLarge, "at most 1,048,576 bytes"),
    "too many addresses": (
        b"\n".join(b"https://%d.example/" % each for each in range(MAX_ENTRIES + 1)),
        TooLarge, "at most 5,000 sites",
    ),
    "too many outlines": (
        opml('<outline htmlUrl="https://a.example"/>' * (MAX_ENTRIES + 1)),
        TooLarge, "at most 5,000 sites",
    ),
    "too many objects": (
        json.dumps([{"url": "x"}] * (MAX_ENTRIES + 1)).encode(), TooLarge, "at most 5,000 sites",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_list_says_what_was_seen(name: str) -> None:
    data, kind, sentence = FILES[name]
    with pytest.raises(kind) as refused:
        read_list(data)
    assert sentence in str(refused.value)
    assert len(str(refused.value)) < 400


def test_titles_are_harmless() -> None:
    entry = {"url": ALICE.url, "title": "a\0b\u202e\ud800" + "x" * 500}
    (site,) = read_list(json.dumps([entry]).encode()).sites
    assert site.title.startswith("ab\N{REPLACEMENT CHARACTER}xx")
    assert len(site.title) == 120


READ: dict[str, tuple[str, str]] = {
    "a host": ("alice.example", "https://alice.example/"),
    "spaces around": (" https://alice.example ", "https://alice.example/"),
    "capitals": ("HTTPS://Alice.Example/Me", "https://alice.example/Me"),
    "letters beyond ASCII": ("https://bücher.example/é", "https://xn--bcher-kva.example/%C3%A9"),
    "a port": ("https://a.example:8443/", "https://a.example:8443/"),
    "its own port": ("https://a.example:443/", "https://a.example/"),
    "a query": ("https://a.example/?user=b&c=d", "https://a.example/?user=b&c=d"),
    "a fragment": ("https://a.example/b#c", "https://a.example/b"),
}


@pytest.mark.parametrize("name", READ)
def test_an_address_is_read_as_a_ring_has_it(name: str) -> None:
    text, url = READ[name]
    assert read_site_url(text) == url


@given(st.text(max_size=80) | st.from_regex(r"https?://[\w.:%/@\[\]-]{0,40}", fullmatch=True))
def test_whatever_is_read_may_stand_in_a_ring(text: str) -> None:
    try:
        url = read_site_url(text)
    except InvalidName:
        return
    assert is_web_url(url)
    assert read_site_url(url) == url


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8")))
def test_no_bytes_do_harm(data: bytes) -> None:
    for each in (data, b"<opml>" + data, b"[" + data, b'{"sites": [' + data):
        try:
            read_list(each)
        except RequestError:
            continue


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["url", "sites", "title", "ring", "x"]), inner)
    ),
)


@given(JSONS)
def test_no_json_does_harm(value: object) -> None:
    try:
        read = read_list(json.dumps(value).encode())
    except RequestError:
        return
    assert all(is_web_url(site.url) for site in read.sites)


LOOPBACK = "http://hay.localhost:8301/"


@pytest.mark.parametrize(("lenient", "count"), [(False, 0), (True, 1)])
def test_sites_of_a_federation_on_one_machine_are_for_tests_alone(
    lenient: bool, count: int
) -> None:
    assert len(read_list(LOOPBACK.encode(), lenient=lenient).sites) == count


@pytest.mark.parametrize("address", ["http://hay.example/", "ftp://hay.localhost/", "http://[::"])
def test_nor_is_everything_a_site_there(address: str) -> None:
    with pytest.raises(InvalidName):
        read_site_url(address, lenient=True)
