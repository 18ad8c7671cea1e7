"""Rings between real instances: founded, walked, decided about, and going on without their host."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.acceptance.instance import PATIENCE
from tests.acceptance.neighbourhood import (
    COMMUNITIES,
    STEWARDS,
    A,
    B,
    C,
    D,
    Neighbourhood,
    following,
    member_of,
    members,
)
from tests.browser.sites import Sites, document
from webring.storage import identity

pytestmark = pytest.mark.slow
EVERYBODY = (A, B, C, D)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def ask_for(here: Neighbourhood, ring: str, url: str) -> str:
    """A site asks by the form of B; the path of its request's page."""
    answer = httpx.post(
        f"{here[B].url}/rings/{ring}/join", data={"url": url, "note": "Hello."}, trust_env=False
    )
    assert answer.status_code == httpx.codes.SEE_OTHER, answer.text
    return answer.headers["location"]


def put_links(sites: Sites, here: Neighbourhood, ring: str, member: str) -> None:
    """The site carries what it was given, and leads its visitors to B."""
    base = f"{here[B].url}/rings/{ring}/{member}"
    sites.show(
        "thyme", "/", document(f'<a href="{base}/prev">Back</a><a href="{base}/next">On</a>')
    )


def test_a_browser_walks_from_a_site_through_every_instance_and_back(
    here: Neighbourhood, sites: Sites, browser: Browser
) -> None:
    ring = here.found("walked")
    url = sites.url("thyme")
    sites.consent("thyme", ring)
    here.join(ring, STEWARDS)
    page = browser.new_page()
    page.goto(f"{here[B].url}{ask_for(here, ring, url)}")
    put_links(sites, here, ring, page.locator("dd code").first.inner_text())
    here.until(ring, EVERYBODY, lambda seen: len(members(seen)) == 4, "four members")
    page.reload()
    expect(page.locator(".state")).to_have_text("in the ring")
    page.goto(url)
    page.get_by_role("link", name="On").click()
    page.wait_for_url(lambda address: address != url)
    seen = [page.url]
    for _ in range(3):
        at = member_of(here.shown(ring, B), page.url)
        # Each member leads its visitors on by its own instance.
        home = next((i.url for i in here.instances.values() if i.name == at["instance"]), "")
        page.goto(f"{home or here[B].url}/rings/{ring}/{at['id']}/next")
        seen.append(page.url)
    assert seen[-1] == url
    assert len(set(seen)) == 4
    page.get_by_role("link", name="Back").click()
    page.wait_for_url(seen[2])
    page.close()


def test_a_site_that_was_mended_is_let_in_without_asking_twice(
    here: Neighbourhood, sites: Sites, browser: Browser
) -> None:
    ring = here.found("mended")
    page = browser.new_page()
    page.goto(f"{here[B].url}{ask_for(here, ring, sites.url('thyme'))}")
    expect(page.locator(".state")).to_have_text("waits")
    put_links(sites, here, ring, page.locator("dd code").first.inner_text())
    page.get_by_role("button", name="Look again").click()
    soon = 2 * PATIENCE  # it is looked at once a minute at most
    here.until(ring, EVERYBODY, lambda seen: len(members(seen)) == 1, "the site", soon)
    page.close()


def test_a_fourth_instance_is_decided_about_and_found_by_all(here: Neighbourhood) -> None:
    ring = here.found("asked", "request")
    refused = here[D].fails("ring", "join", f"nothing:{here[A].name}", COMMUNITIES[D])
    assert "could not be had" in refused
    refused = here[D].fails("ring", "join", ring, "no-such", "--via", here[A].url)
    assert "missing: " in refused
    here.join(ring, [D])
    here[A].run("ring", "accept", here.asking(ring, A), "--sentence", "Welcome.")
    here.cosign(ring, C)
    here.until(ring, EVERYBODY, lambda seen: len(members(seen)) == 1, "the fourth")
    (member,) = members(here.shown(ring, A))
    for key in EVERYBODY:
        answer = here[key].page(f"/rings/{ring}/random")
        assert answer.status_code == httpx.codes.SEE_OTHER
        assert answer.headers["location"].endswith(f"/communities/{COMMUNITIES[D]}:{here[D].name}")
    here[B].run("ring", "remove", ring, member, "--code", "rules", "--sentence", "It barked.")
    here.cosign(ring, A)
    here.until(ring, EVERYBODY, lambda seen: not seen["members"], "nobody")


def test_a_list_is_imported_exported_invited_declined_and_verified(
    here: Neighbourhood, sites: Sites, tmp_path: Path
) -> None:
    ring = here.found("imported", "request")
    list_ = tmp_path / "list.opml"
    list_.write_text(
        '<opml version="2.0"><head/><body><outline text="Sage" htmlUrl="https://sage.example/"/>'
        '<outline text="Nowhere" htmlUrl="ftp://nowhere.example/"/></body></opml>'
    )
    read = here[A].command("ring", "import", ring, str(list_))
    assert read["invited"] == ["https://sage.example/"]
    assert [each["entry"] for each in read["refused"]] == ["ftp://nowhere.example/"]
    url = sites.url("thyme")
    sites.consent("thyme", ring)
    ask_for(here, ring, url)
    here[B].run("ring", "accept", here.asking(ring, B))
    here.cosign(ring, C)
    here.until(ring, STEWARDS, lambda seen: len(members(seen)) == 1, "the site")
    assert url in here[C].run("ring", "export", ring, "--opml")
    request = ask_for(here, ring, sites.url("shop"))
    here[B].run("ring", "decline", here.asking(ring, B), "--code", "criteria")
    assert "declined" in here[B].page(request).text
    invited = here[A].run("ring", "invite", ring, f"{COMMUNITIES[D]}:{here[D].name}")
    assert "invited" in invited
    report = here[D].command("ring", "verify", f"{here[C].url}/rings/{ring}")
    assert (report["holds"], report["sequence"]) == (True, 2)


def test_a_ring_outlives_its_host_and_its_hosts_key(tmp_path: Path) -> None:
    here = Neighbourhood(tmp_path)
    try:
        ring = here.found("slow")
        here.join(ring, STEWARDS)
        here.until(ring, EVERYBODY, lambda seen: len(members(seen)) == 3, "three members")
        here[A].kill()
        _goes_on(here, ring)
        here[A].start()
        here.until(ring, [A], lambda seen: len(members(seen)) == 2, "what the others decided")
        _is_renewed(here, ring)
    finally:
        here.end()


def _goes_on(here: Neighbourhood, ring: str) -> None:
    """Without A: all are walked to from B and C, and these two make the next version."""
    for key in (B, C):
        walked = following(here[key], ring)
        assert len(walked) == 3
    here[C].run("ring", "sleep", ring, COMMUNITIES[C])
    here.until(ring, (B, C, D), lambda seen: len(members(seen, "sleeping")) == 1, "one asleep")
    for key in (B, C, D):
        assert len(following(here[key], ring)) == 2


def _is_renewed(here: Neighbourhood, ring: str) -> None:
    """A has lost its keys: B and C put those that it makes in their place, and A signs again."""
    here[A].kill()
    keys = here[A].data / "keys"
    keys.rename(keys.with_name("lost"))
    identity.create(here[A].data)
    here[A].start()
    for key in (B, C, D):
        here.until_peer(key, A, "frozen")
        here[key].run("peers", "repin", here[A].name, "--yes")
    for key in (B, C):
        here.until_peer(key, A, "verified")
    here[B].run("ring", "stewards", ring, "--renew", here[A].name)
    before = here.shown(ring, B)["sequence"]
    here.cosign(ring, C)
    here.until(ring, EVERYBODY, lambda seen: seen["sequence"] > before, "A's new keys")
    here[A].run("ring", "terms", ring, "--policy", "request")
    here.cosign(ring, B)
    here.until(ring, EVERYBODY, lambda seen: seen["policy"] == "request", "what A proposed")
