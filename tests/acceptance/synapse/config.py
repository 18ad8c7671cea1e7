"""What one Synapse of the lab is told. JSON is YAML: no YAML library is needed."""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

Json = dict[str, object]

UNLIMITED: Final = {"per_second": 10_000, "burst_count": 10_000}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a homeserver listens: `ip` is on loopback; federation over TLS, clients plainly."""

    server_name: str
    ip: str
    federation_port: int
    client_port: int

    @property
    def client_url(self) -> str:
        """Its client API."""
        return f"http://{self.ip}:{self.client_port}"

    @property
    def federation_place(self) -> str:
        """Where its federation API listens."""
        return f"{self.ip}:{self.federation_port}"


def write_config(
    folder: Path, address: Address, certificate: Path, ca_file: Path, secret: str, *, closed: bool
) -> Path:
    """Lay out a homeserver in `folder`; its configuration's path."""
    key_id, seed = f"a_{secrets.token_hex(2)}", base64.b64encode(os.urandom(32)).decode()
    (folder / "signing.key").write_text(f"ed25519 {key_id} {seed.rstrip('=')}\n")
    (folder / "log.yaml").write_text(json.dumps(_logging(folder / "homeserver.log")))
    config = {
        "server_name": address.server_name,
        "public_baseurl": f"{address.client_url}/",
        "report_stats": False,
        "pid_file": str(folder / "homeserver.pid"),
        "signing_key_path": str(folder / "signing.key"),
        "registration_shared_secret": secret,
        "macaroon_secret_key": secrets.token_hex(16),
        "form_secret": secrets.token_hex(16),
        "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
        "media_store_path": str(folder / "media"),
        "log_config": str(folder / "log.yaml"),
        **_listeners(address, certificate),
        **_federation(ca_file),
        **_directory(is_open=not closed),
        **_small_and_quick(),
    }
    path = folder / "homeserver.yaml"
    path.write_text(json.dumps(config, indent=1))
    return path


def _listeners(address: Address, certificate: Path) -> Json:
    both = {"bind_addresses": [address.ip], "type": "http"}
    return {
        "tls_certificate_path": str(certificate),
        "tls_private_key_path": str(certificate),
        "listeners": [
            {
                **both,
                "port": address.federation_port,
                "tls": True,
                "resources": [{"names": ["client", "federation"]}],
            },
            {**both, "port": address.client_port, "resources": [{"names": ["client"]}]},
        ],
    }


def _federation(ca_file: Path) -> Json:
    """Certificates are verified, against the lab's authority alone; there is no notary."""
    return {
        "federation_verify_certificates": True,
        "federation_custom_ca_list": [str(ca_file)],
        "ip_range_blacklist": [],
        "trusted_key_servers": [],
        "suppress_key_server_warning": True,
        "federation": {
            "client_timeout": "10s",
            "max_short_retries": 1,
            "destination_min_retry_interval": "1s",
            "destination_max_retry_interval": "5s",
        },
    }


def _directory(*, is_open: bool) -> Json:
    """Synapse's own defaults are those of a closed one."""
    return {
        "allow_public_rooms_over_federation": is_open,
        "allow_public_rooms_without_auth": is_open,
        "room_list_publication_rules": [{"action": "allow"}],
        "allow_guest_access": True,
    }


def _small_and_quick() -> Json:
    names = ("rc_message", "rc_registration", "rc_joins_per_room", "rc_media_create")
    return {
        "bcrypt_rounds": 4,
        "caches": {"global_factor": 0.2},
        "event_cache_size": "1K",
        "presence": {"enabled": False},
        "user_directory": {"enabled": False},
        "enable_metrics": False,
        "url_preview_enabled": False,
        **dict.fromkeys(names, UNLIMITED),
        "rc_login": dict.fromkeys(("address", "account", "failed_attempts"), UNLIMITED),
        "rc_joins": dict.fromkeys(("local", "remote"), UNLIMITED),
        "rc_room_creation": UNLIMITED,
        "rc_invites": dict.fromkeys(("per_room", "per_user", "per_issuer"), UNLIMITED),
        "rc_profile": UNLIMITED,
    }


def _logging(path: Path) -> Json:
    return {
        "version": 1,
        "formatters": {"plain": {"format": "%(asctime)s %(name)s %(levelname)s %(message)s"}},
        "handlers": {
            "file": {
                "class": "logging.FileHandler",
                "formatter": "plain",
                "filename": str(path),
                "encoding": "utf-8",
            }
        },
        "root": {"level": "INFO", "handlers": ["file"]},
        "disable_existing_loggers": False,
    }
