"""Ready pieces of configuration for what stands in front of an instance."""

from __future__ import annotations

import json
import textwrap
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from webring.consistency import is_loopback
from webring.documents.wellknown import PATH, WellKnown
from webring.names import ServerName
from webring.settings import Settings
from webring.storage import identity

MATRIX_PATH: Final = "/.well-known/matrix/server"
BODY: Final = "2m"
"""What a proxy lets through; webring's own limits are lower and answer in its own words."""


def serves_own_name(settings: Settings) -> bool:
    """Whether the instance's name is asked at the very host that serves the base URL."""
    return ServerName(settings.instance.name) == settings.instance.base_url.server_name


def federated_webring(settings: Settings) -> str:
    """`/.well-known/federated-webring` of the instance's name."""
    return _one_line(WellKnown(settings.instance.name, settings.instance.base_url).to_json())


def matrix_server(settings: Settings) -> str:
    """`/.well-known/matrix/server` of the base URL's host: its federation is answered by us."""
    name = settings.instance.base_url.server_name
    return _one_line({"m.server": name if name.port else f"{name}:443"})


def caddy(settings: Settings) -> str:
    """Blocks of a Caddyfile."""
    host = urlsplit(settings.instance.base_url).netloc
    blocks = [f"{host} {{\n    reverse_proxy {_listens(settings)}\n}}"]
    if not serves_own_name(settings):
        blocks.append(
            f"{settings.instance.name} {{\n"
            "    # Beside what that site has already:\n"
            f"    handle {PATH} {{\n"
            "        header Content-Type application/json\n"
            "        header Access-Control-Allow-Origin *\n"
            f"        respond `{federated_webring(settings)}`\n"
            "    }\n"
            "}"
        )
    return "\n\n".join(blocks)


def nginx(settings: Settings) -> str:
    """Blocks of an nginx configuration."""
    host = urlsplit(settings.instance.base_url).hostname
    server = (
        "server {\n"
        "    listen 443 ssl;\n"
        f"    server_name {host};\n"
        f"    ssl_certificate /etc/letsencrypt/live/{host}/fullchain.pem;\n"
        f"    ssl_certificate_key /etc/letsencrypt/live/{host}/privkey.pem;\n"
        f"    client_max_body_size {BODY};\n"
        "    location / {\n"
        f"        proxy_pass http://{_listens(settings)};\n"
        "        proxy_set_header Host $host;\n"
        "        # Replaced, not added to: a visitor cannot choose an address.\n"
        "        proxy_set_header X-Forwarded-For $remote_addr;\n"
        "    }\n"
        "}"
    )
    blocks = [server]
    if not serves_own_name(settings):
        blocks.append(
            f"# In the server block of {settings.instance.name}:\n"
            f"location = {PATH} {{\n"
            "    default_type application/json;\n"
            "    add_header Access-Control-Allow-Origin * always;\n"
            f"    return 200 '{federated_webring(settings)}';\n"
            "}"
        )
    return "\n\n".join(blocks)


def whole(settings: Settings) -> str:
    """Every snippet, with a sentence for each."""
    name, base = settings.instance.name, settings.instance.base_url
    parts = [
        f"In front of webring stands a proxy with TLS for {base}. Caddy (Caddyfile):",
        _indented(caddy(settings)),
        "Or nginx:",
        _indented(nginx(settings)),
        f"Or static files. At https://{name}{PATH} (media type application/json):",
        _indented(federated_webring(settings)),
        f"At https://{base.server_name}{MATRIX_PATH}, where webring does not answer all of it:",
        _indented(matrix_server(settings)),
    ]
    return "\n\n".join(parts)


def recovery(data_dir: Path) -> str:
    """What to do with the recovery key."""
    secret = identity.path(data_dir, identity.RECOVERY)
    return (
        f"{secret} is the recovery key. If this machine's keys are ever\n"
        "stolen, it alone gets your name back, so it must not be stolen with them. It is one line\n"
        "of text: print it, or copy it to a password manager or a USB stick. Then delete it here:\n"
        f"shred -u {secret}"
    )


def next_steps(path: Path, settings: Settings, *, kept: bool) -> str:
    """What `init` says at the end."""
    data_dir = settings.instance.data_dir
    keys = "The keys that were there are kept" if kept else "New keys are in"
    made = f"{path} is written. {keys} {data_dir / identity.DIRECTORY}."
    last = (
        f"Now choose your communities in {path}, start `webring serve`, and ask `webring check`\n"
        "whether the world can reach and verify you."
    )
    proxies = [] if is_loopback(settings.instance.base_url) else [whole(settings)]
    offline = [] if kept else [recovery(data_dir)]
    return "\n\n".join([made, *proxies, *offline, last])


def _indented(text: str) -> str:
    return textwrap.indent(text, "    ")


def _listens(settings: Settings) -> str:
    """The address where a proxy on this machine reaches us."""
    host = ip_address(settings.web.host) if _is_ip(settings.web.host) else None
    if host is not None and host.is_unspecified:
        return f"127.0.0.1:{settings.web.port}"
    shown = f"[{host}]" if isinstance(host, IPv6Address) else settings.web.host
    return f"{shown}:{settings.web.port}"


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _one_line(document: object) -> str:
    return json.dumps(document, separators=(",", ":"))
