"""What must not be kept out by mistake: ourselves, our homeserver, and our own communities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from webring.directory.listing import Claim
from webring.moderation.blocklist import Blocklist
from webring.names import RoomAlias, RoomId, ServerName
from webring.settings import Settings
from webring.storage import communities
from webring.storage.sql import Connection

_UNKNOWN: RoomId = RoomId("!unknown")


@dataclass(frozen=True, slots=True)
class Ours:
    """Our names, the aliases that the settings choose, and the communities that we present."""

    servers: tuple[ServerName, ...]
    aliases: tuple[RoomAlias, ...] = ()
    claims: tuple[Claim, ...] = ()

    @classmethod
    async def load(cls, conn: Connection, settings: Settings) -> Self:
        """As it stands now."""
        instance, home, chosen = settings.instance, settings.homeserver, settings.communities
        names = [instance.name, instance.base_url.server_name]
        names += [ServerName(home.name)] if home.name else []
        spelled = [each.alias for each in chosen.community]
        claims = await communities.of_instance(conn, instance.name)
        servers = tuple(dict.fromkeys([*names, *home.speaks_for]))
        return cls(servers, (*chosen.aliases, *spelled), tuple(claims))

    def hit_by(self, blocklist: Blocklist) -> str:
        """What of ours `blocklist` would keep out, in a few words; "" for nothing."""
        for name in self.servers:
            if not blocklist.server(name).allowed:
                return f"{name}, which is this instance's own name or homeserver"
        for alias in self.aliases:
            if not blocklist.room(_UNKNOWN, alias).allowed:
                return f"{alias}, which this instance publishes"
        for claim in self.claims:
            says = (claim.name, claim.topic)
            if not blocklist.room(claim.room_id, claim.alias, claim.id.instance, says).allowed:
                return f"{claim.id}, a community of this instance"
        return ""
