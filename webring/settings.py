"""Every setting, with its default and its meaning. `webring.config` reads and checks them.

Each class is one section of `webring.toml`; `setting(...)` holds the sentence that documents it in
`webring.toml.example`, so that an undocumented setting cannot exist.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field
from pathlib import Path
from typing import Any, Literal

from webring.clock import DAY, HOUR
from webring.durations import Duration
from webring.names import PeerUrl, RoomAlias, ServerName, Slug


def setting(text: str, default: Any = MISSING, *, secret: bool = False, example: Any = None) -> Any:
    """A dataclass field with its documentation; without a default it is required.

    `secret` keeps it out of every print; `example` is shown in `webring.toml.example` in place of
    an empty default.
    """
    metadata = {"text": text, "secret": secret, "example": example}
    if isinstance(default, list | dict):
        raise TypeError("a default must be immutable")
    return field(default=default, metadata=metadata, repr=not secret)


@dataclass(frozen=True, slots=True)
class InstanceSettings:
    """Who this instance is. Changing `name` later makes another instance of it."""

    name: ServerName = setting(
        "The instance's name, a Matrix server name: what others know it by, and sign-checked by. "
        "It is asked at https://NAME/.well-known/federated-webring.",
        example="commune.example",
    )
    base_url: PeerUrl = setting(
        "Where this program is reached, over https. Its host is also its Matrix server name.",
        example="https://ring.commune.example",
    )
    data_dir: Path = setting(
        "Where keys, the database and the search index live. A relative path starts at this "
        "file's directory.",
        Path("data"),
    )
    database: str = setting(
        'Empty: SQLite in the data directory. Or "postgres://user:password@host/name".',
        "",
        secret=True,
    )


@dataclass(frozen=True, slots=True)
class ProfileSettings:
    """What the manifest says about this instance."""

    name: str = setting("The name shown to people; empty: the instance's name.", "")
    description: str = setting("One or two sentences about this place.", "")
    languages: tuple[str, ...] = setting("BCP 47 language tags of this place.", ())
    contact: tuple[str, ...] = setting(
        "How to reach the operator: matrix: or mailto: URIs. The crawler names the first one.", ()
    )
    policy_url: str = setting("A page with this place's rules.", "")


@dataclass(frozen=True, slots=True)
class HomeserverSettings:
    """The Matrix homeserver that this instance belongs to."""

    name: str = setting(
        "Its server name. Empty: this instance publishes no communities of its own.",
        "",
        example="commune.example",
    )
    client_url: str = setting(
        "Its client API's base URL, also at a private address, or in plain http on this machine. "
        "Empty: read from its .well-known/matrix/client.",
        "",
    )
    access_token: str = setting(
        "A token of any account there (a guest's will do, but for notices): lets us read "
        "directories of servers that answer only through it, and room state, and post notices in "
        "rooms that it is in. Better given in the environment as WEBRING_HOMESERVER_ACCESS_TOKEN.",
        "",
        secret=True,
    )
    speaks_for: tuple[ServerName, ...] = setting(
        "Further server names that the manifest names under `homeservers`.", ()
    )


@dataclass(frozen=True, slots=True)
class SpelledCommunity:
    """One community written out by the operator: `[[communities.community]]`."""

    id: Slug = setting("Its stable id here: a-z, 0-9 and '-'.", example="gardening")
    alias: RoomAlias = setting(
        "The space's (or room's) alias.", example="#gardening:commune.example"
    )
    url: str = setting("Its web-readable page.", "")
    interests: tuple[str, ...] = setting("What it is about.", ())
    languages: tuple[str, ...] = setting("BCP 47 language tags.", ())
    nsfw: bool = setting("Whether it is for adults only.", False)


@dataclass(frozen=True, slots=True)
class CommunitiesSettings:
    """Which communities this instance publishes. Nothing is published that is not chosen here."""

    aliases: tuple[RoomAlias, ...] = setting(
        "Aliases of spaces or rooms to publish.", (), example=["#commons:commune.example"]
    )
    directory: Literal["none", "marked", "all"] = setting(
        '"none"; "marked": rooms of the homeserver\'s directory whose topic carries '
        '[webring:INSTANCE]; or "all": every room of that directory.',
        "none",
    )
    exclude: tuple[RoomAlias, ...] = setting('Aliases never published, also with "all".', ())
    notices: bool = setting(
        "Whether people are told in the room itself, once, that it is listed here or has joined a "
        "ring. Needs [homeserver] access_token, and that account in the room.",
        True,
    )
    community: tuple[SpelledCommunity, ...] = setting(
        "Communities written out, one table each.", ()
    )


@dataclass(frozen=True, slots=True)
class CrawlSettings:
    """Reading the public room directories of other homeservers."""

    directories: bool = setting(
        "Whether to read homeservers' public room directories at all.", True
    )
    seeds: tuple[ServerName, ...] = setting(
        "Homeservers to begin with.", (), example=["matrix.example"]
    )
    shortest_interval: Duration = setting(
        "The shortest time between two visits of one homeserver.", Duration(HOUR)
    )
    longest_interval: Duration = setting("The longest time between them.", Duration(DAY))
    forget_after: Duration = setting(
        "A room that nothing has confirmed for this long is dropped.", Duration(7 * DAY)
    )
    concurrency: int = setting("How many hosts are asked at the same time.", 32)
    rooms_per_server: int = setting("At most this many rooms are read of one homeserver.", 10_000)
    servers: int = setting("At most this many homeservers are known.", 100_000)


@dataclass(frozen=True, slots=True)
class PeersSettings:
    """Other instances."""

    seeds: tuple[ServerName, ...] = setting(
        "Instances that you trust to list communities: configured peers.",
        (),
        example=["neighbour.example"],
    )
    cycle: Duration = setting(
        "The longest time between two visits of a reachable peer.", Duration(HOUR)
    )
    discover: bool = setting(
        "Whether to visit instances that peers name or that announce themselves.", True
    )
    per_peer: int = setting("At most this many new instances are taken from one peer's list.", 50)
    per_domain: int = setting(
        "At most this many unaccepted instances of one registrable domain.", 10
    )
    quarantine: bool = setting(
        "Whether an instance that is neither configured nor accepted is verified and kept, while "
        "nothing that it lists is shown before `webring peers accept`. Else it is shown as "
        "claimed.",
        False,
    )


@dataclass(frozen=True, slots=True)
class RingsSettings:
    """Rings of communities and sites."""

    check_interval: Duration = setting(
        "How often a member of a ring is looked at, whether it still says that it is in it. One in "
        "trouble is looked at more often.",
        Duration(12 * HOUR),
    )


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Telling the operator by mail how members of rings fare: our communities, our own rings."""

    host: str = setting("The mail server to send by. Empty: no mail.", "", example="localhost")
    port: int = setting("Its port.", 587)
    security: Literal["starttls", "tls", "none"] = setting(
        '"starttls", "tls" (from the first byte), or "none", to this machine only.', "starttls"
    )
    username: str = setting("The user to log in as. Empty: none.", "")
    password: str = setting(
        "Its password. Better given in the environment as WEBRING_MAIL_PASSWORD.", "", secret=True
    )
    sender: str = setting(
        "The address that mail comes from.", "", example="webring@commune.example"
    )
    to: tuple[str, ...] = setting("Who is told.", (), example=["keeper@commune.example"])


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Answering requests."""

    host: str = setting("The address to listen on.", "127.0.0.1")
    port: int = setting("The port to listen on.", 8080)
    trusted_proxies: tuple[str, ...] = setting(
        "Addresses or networks (CIDR) whose X-Forwarded-For is believed.", ("127.0.0.1", "::1")
    )
    requests_per_minute: int = setting(
        "How many requests one client may make a minute, on average.", 600
    )


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What `webring serve` writes to standard error."""

    level: Literal["debug", "info", "warning", "error"] = setting(
        'The least that is logged: "debug", "info", "warning" or "error".', "info"
    )
    format: Literal["text", "json"] = setting(
        '"text": lines for people; "json": an object a line, for programs.', "text"
    )


@dataclass(frozen=True, slots=True)
class MetricsSettings:
    """Numbers for Prometheus, at `/metrics` of a port of their own."""

    host: str = setting(
        "The address to listen on. Any but this machine's own needs the token.", "127.0.0.1"
    )
    port: int = setting("The port to listen on; 0: none.", 0, example=9464)
    token: str = setting(
        "What Prometheus has to send (authorization: credentials). Empty: nothing. Better given "
        "in the environment as WEBRING_METRICS_TOKEN.",
        "",
        secret=True,
    )


@dataclass(frozen=True, slots=True)
class TestingSettings:
    """What loopback federations need. Refused unless the base URL itself is on loopback."""

    allow: tuple[str, ...] = setting(
        "Addresses that may be dialled although they are not public: CIDR and port, "
        '"127.0.0.0/8:*" or "127.0.0.1/32:8448".',
        (),
    )
    http: bool = setting("Whether plain HTTP is spoken to those addresses.", False)
    ca_file: str = setting("A further certificate authority, in PEM: an absolute path.", "")


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole of `webring.toml`."""

    instance: InstanceSettings
    profile: ProfileSettings = ProfileSettings()
    homeserver: HomeserverSettings = HomeserverSettings()
    communities: CommunitiesSettings = CommunitiesSettings()
    crawl: CrawlSettings = CrawlSettings()
    peers: PeersSettings = PeersSettings()
    rings: RingsSettings = RingsSettings()
    mail: MailSettings = MailSettings()
    web: WebSettings = WebSettings()
    log: LogSettings = LogSettings()
    metrics: MetricsSettings = MetricsSettings()
    testing: TestingSettings = TestingSettings()

    @property
    def is_testing(self) -> bool:
        """Whether any loopback exception is in force."""
        return bool(self.testing.allow or self.testing.http or self.testing.ca_file)


__all__ = [
    "CommunitiesSettings",
    "CrawlSettings",
    "HomeserverSettings",
    "InstanceSettings",
    "LogSettings",
    "MailSettings",
    "MetricsSettings",
    "PeersSettings",
    "ProfileSettings",
    "RingsSettings",
    "Settings",
    "SpelledCommunity",
    "TestingSettings",
    "WebSettings",
    "setting",
]
