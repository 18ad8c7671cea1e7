"""Settings: what is read, and every way to get them wrong, each with a sentence that mends it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webring import config, example
from webring.clock import DAY, HOUR
from webring.durations import Duration
from webring.errors import ConfigError, InvalidName

ROOT = Path(__file__).parent.parent.parent
LEAST = '[instance]\nname = "a.example"\nbase_url = "https://ring.a.example"\n'
LOOPBACK = '[instance]\nname = "127.0.0.1:8101"\nbase_url = "http://127.0.0.1:8101"\n'
HOME = '[homeserver]\nname = "a.example"\n'
HTTP = '[testing]\nhttp = true\nallow = ["127.0.0.0/8:*"]\n'


def test_the_least_is_two_settings() -> None:
    settings = config.parse(LEAST, {})
    assert settings.instance.name == "a.example"
    assert settings.crawl.longest_interval == DAY
    assert settings.communities.directory == "none"


def test_the_file_and_the_environment_are_read_and_the_environment_counts_more() -> None:
    text = LEAST + '[web]\nport = 81\n[crawl]\nseeds = ["x.example"]\nshortest_interval = "2h"\n'
    environment = {
        "WEBRING_WEB_PORT": "82",
        "WEBRING_CRAWL_DIRECTORIES": "false",
        "WEBRING_PEERS_SEEDS": "b.example, c.example",
        "WEBRING_HOMESERVER_NAME": "a.example",
        "WEBRING_HOMESERVER_ACCESS_TOKEN": "secret",
        "WEBRING_CONFIG": "/elsewhere",
        "HOME": "/root",
    }
    settings = config.parse(text, environment)
    assert (settings.web.port, settings.crawl.directories) == (82, False)
    assert settings.peers.seeds == ("b.example", "c.example")
    assert settings.crawl.seeds == ("x.example",)
    assert settings.crawl.shortest_interval == 2 * HOUR
    assert settings.homeserver.access_token == "secret"
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    "more", ['host = "::1"', 'host = "localhost"', 'host = "0.0.0.0"\ntoken = "a-b.c~1+/="']
)
def test_numbers_may_be_asked_for_here_or_with_a_token(more: str) -> None:
    settings = config.parse(f"{LEAST}[metrics]\nport = 9464\n{more}\n", {})
    assert settings.metrics.port == 9464
    assert "a-b.c" not in repr(settings)


def test_a_loopback_instance_may_speak_http() -> None:
    assert config.parse(LOOPBACK + HTTP, {}).instance.base_url == "http://127.0.0.1:8101"


MAIL = '[mail]\nhost = "mail.b.example"\n'
COMMUNITY = '[[communities.community]]\nid = "x"\nalias = "#x:a.example"\n'
WRONG: dict[str, tuple[str, str]] = {
    "not TOML": ("[instance", "is not TOML"),
    "nothing": ("", '[instance] name is missing: add name = "commune.example"'),
    "an unknown section": (LEAST + "[crawler]\n", "no section [crawler]; did you mean 'crawl'?"),
    "an unknown setting": (LEAST + "[crawl]\nseed = []\n", "'seed'; did you mean 'seeds'?"),
    "a value for a section": ("web = 1\n" + LEAST, "[web] is a section"),
    "text for a number": (LEAST + '[web]\nport = "x"\n', "port: this is a whole number"),
    "a number for text": (LEAST + "[profile]\nname = 1\n", "name: this is text in quotes"),
    "true for a number": (LEAST + "[web]\nport = true\n", "port: this is a whole number"),
    "text for a list": (LEAST + '[crawl]\nseeds = "x"\n', "seeds: this is a list"),
    "a wrong name": (LEAST + '[crawl]\nseeds = ["a b"]\n', "seeds: 'a b' is not a server name"),
    "a wrong length of time": (LEAST + '[peers]\ncycle = "1 week"\n', "a length of time is like"),
    "a number as length of time": (LEAST + "[peers]\ncycle = 60\n", "cycle: this is text"),
    "http without testing": (LOOPBACK, "put a proxy with TLS before it"),
    "testing on the open internet": (LEAST + HTTP, "[testing] is for loopback only"),
    "http to nowhere": (LOOPBACK + "[testing]\nhttp = true\n", "needs the addresses in allow"),
    "communities without homeserver": (LEAST + COMMUNITY, "add [homeserver] name"),
    "all without homeserver": (LEAST + '[communities]\ndirectory = "all"\n', "add [homeserver]"),
    "an unknown choice": (LEAST + '[communities]\ndirectory = "some"\n', 'not "some"'),
    "a token without homeserver": (LEAST + '[homeserver]\naccess_token = "x"\n', "need its name"),
    "a token in the clear": (
        LEAST + '[homeserver]\nname = "a.example"\nclient_url = "http://a.example"\n',
        "a token is not sent to http://a.example in clear",
    ),
    "an id twice": (
        LEAST + '[homeserver]\nname = "a.example"\n' + COMMUNITY + COMMUNITY,
        'has the id "x" twice',
    ),
    "a community without alias": (LEAST + '[[communities.community]]\nid = "x"\n', "alias is miss"),
    "intervals exchanged": (LEAST + '[crawl]\nshortest_interval = "2d"\n', "exchange them"),
    "forgetting too soon": (LEAST + '[crawl]\nforget_after = "2h"\n', "before they are seen again"),
    "no concurrency": (LEAST + "[crawl]\nconcurrency = 0\n", "is at least 1, not 0"),
    "a port too high": (LEAST + "[web]\nport = 70000\n", "port is 1 to 65535"),
    "a wrong proxy": (LEAST + '[web]\ntrusted_proxies = ["x"]\n', "trusted_proxies are like"),
    "an exemption without port": (
        LOOPBACK + '[testing]\nallow = ["127.0.0.0/8"]\n',
        "allow is like",
    ),
    "an exemption of no network": (
        LOOPBACK + '[testing]\nallow = ["localhost:*"]\n',
        "allow is like",
    ),
    "a certificate authority that is not there": (
        LOOPBACK + '[testing]\nca_file = "/nowhere/ca.pem"\n',
        "there is no file /nowhere/ca.pem",
    ),
    "a contact that is no URI": (
        LEAST + '[profile]\ncontact = ["me@a.example"]\n',
        "not 'me@a.example'",
    ),
    "a language by name": (LEAST + '[profile]\nlanguages = ["français"]\n', 'tags like "en"'),
    "rules without TLS": (LEAST + '[profile]\npolicy_url = "http://a.example"\n', "https://"),
    "a homeserver with a path": (
        LEAST + '[homeserver]\nname = "a.example/x"\n',
        "[homeserver] name: 'a.example/x' is not a server name",
    ),
    "an alias twice": (
        LEAST + HOME + COMMUNITY + '[communities]\naliases = ["#x:a.example"]\n',
        'names "#x:a.example" twice',
    ),
    "chosen and excluded": (
        LEAST + HOME + '[communities]\naliases = ["#x:a.example"]\nexclude = ["#x:a.example"]\n',
        "chosen as well",
    ),
    "ourselves as a peer": (LEAST + '[peers]\nseeds = ["a.example"]\n', "which is this instance"),
    "ourselves as a seed": (
        LEAST + '[crawl]\nseeds = ["ring.a.example"]\n',
        "where this instance itself answers",
    ),
    "a base URL with a path": (
        LEAST.replace("https://ring.a.example", "https://a.example/ring"),
        "a host of its own, without a path, not https://a.example/ring",
    ),
    "visits too often": (LEAST + '[peers]\ncycle = "1m"\n', "at least 10m, not 1m"),
    "looks too often": (LEAST + '[rings]\ncheck_interval = "1m"\n', "at least 10m, not 1m"),
    "looks too rarely": (LEAST + '[rings]\ncheck_interval = "30d"\n', "at most 7d, not 30d"),
    "mail without a server": (LEAST + '[mail]\nto = ["a@b.example"]\n', "add host"),
    "mail to nobody": (LEAST + '[mail]\nhost = "mail.b.example"\n', "sender and to"),
    "a mail address that is two": (
        LEAST + MAIL + 'sender = "a@b.example"\nto = ["a@b.example, c@b.example"]\n',
        "are like keeper@commune.example",
    ),
    "a mail address with a break": (
        LEAST + MAIL + 'sender = "a@b.example\\r\\nBcc: x@y.example"\nto = ["a@b.example"]\n',
        "are like keeper@commune.example",
    ),
    "mail in clear": (LEAST + MAIL + 'security = "none"\n', "in clear"),
    "a mail user without a password": (LEAST + MAIL + 'username = "x"\n', "given together"),
    "a mail port that is none": (LEAST + MAIL + "port = 0\n", "1 to 65535"),
    "numbers for everybody": (
        LEAST + '[metrics]\nport = 9464\nhost = "0.0.0.0"\n',
        "open to other machines: add a token",
    ),
    "numbers for everybody over IPv6": (
        LEAST + '[metrics]\nport = 9464\nhost = "::"\n',
        "open to other machines: add a token",
    ),
    "numbers where visitors go": (
        LEAST + "[metrics]\nport = 8080\n",
        "another than that of [web], not 8080 as well",
    ),
    "numbers at a port that is none": (LEAST + "[metrics]\nport = -1\n", "port is 0 to 65535"),
    "a token that no header carries": (LEAST + '[metrics]\ntoken = "a b"\n', "of letters, digits"),
    "another database": (LEAST + 'database = "mysql://u:secret@h/x"\n', 'begins with "postgres'),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_settings_stop_the_start_with_a_sentence(case: str) -> None:
    text, words = WRONG[case]
    with pytest.raises(ConfigError) as refused:
        config.parse(text, {}, "w.toml")
    assert words in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_secret_is_never_part_of_a_sentence() -> None:
    for text in ('[homeserver]\naccess_token = ["secret"]\n', 'database = ["secret"]\n'):
        with pytest.raises(ConfigError) as refused:
            config.parse(LEAST + text, {})
        assert "secret" not in str(refused.value)


VARIABLES = {
    "an unknown setting": ("WEBRING_WEB_PROT", "1", "did you mean 'port'?"),
    "a slip in the section": ("WEBRING_WBE_PORT", "1", "did you mean WEBRING_WEB_PORT?"),
    "no number": ("WEBRING_WEB_PORT", "many", "port: this is a whole number"),
    "neither yes nor no": ("WEBRING_CRAWL_DIRECTORIES", "maybe", "this is true or false"),
    "a table": ("WEBRING_COMMUNITIES_COMMUNITY", "x", "tables are written in the file"),
}


@pytest.mark.parametrize("case", VARIABLES)
def test_wrong_variables_are_named(case: str) -> None:
    variable, value, words = VARIABLES[case]
    with pytest.raises(ConfigError) as refused:
        config.parse(LEAST, {variable: value})
    assert words in str(refused.value)


@pytest.mark.parametrize("name", ["WEBRING_PORT", "WEBRING_SERVICE_HOST", "WEBRING_PORT_80_TCP"])
def test_what_an_orchestrator_adds_is_nobody_s_mistake(name: str) -> None:
    assert config.parse(LEAST, {name: "tcp://10.0.0.1"}).web.port == 8080


def test_relative_paths_start_at_the_file(tmp_path: Path) -> None:
    assert config.parse(LEAST, {}, tmp_path / "w.toml").instance.data_dir == tmp_path / "data"
    elsewhere = LEAST + 'data_dir = "/srv/webring"\n'
    assert config.parse(elsewhere, {}, tmp_path / "w.toml").instance.data_dir == Path(
        "/srv/webring"
    )


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        config.parse('[web]\nport = "x"\nhosts = ""\n[nope]\n', {"WEBRING_WEB_NOPE": "1"})
    lines = str(refused.value).splitlines()
    assert len(lines) == 6


def test_a_missing_file_names_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="webring init"):
        config.load(tmp_path / "webring.toml", {})


def test_the_example_documents_every_setting_and_is_kept_up_to_date() -> None:
    assert (ROOT / "webring.toml.example").read_text() == example.render()


def test_the_example_is_right_with_everything_in_force() -> None:
    everything = re.sub(r"(?m)^# (\w+ = |\[\[)", r"\1", example.render())
    settings = config.parse(everything, {})
    assert settings.communities.community[0].id == "gardening"


@given(st.text(max_size=40))
def test_any_text_survives_the_file_that_init_writes(text: str) -> None:
    values = {
        "instance": {"name": "a.example", "base_url": "https://ring.a.example"},
        "profile": {"description": text},
    }
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    assert config.parse(example.render(values), {}).profile.description == text


@given(st.integers(1, 10**6), st.sampled_from("smhd"))
def test_a_duration_reads_as_it_prints(number: int, unit: str) -> None:
    duration = Duration.parse(f"{number}{unit}")
    assert Duration.parse(str(duration)) == duration


@pytest.mark.parametrize(
    "text", ["", "1", "h", "0h", "-1h", "1.5h", "1 h", "1w", "\u0661h", "1h1m"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InvalidName):
        Duration.parse(text)
