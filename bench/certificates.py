"""A certificate authority for loopback, and certificates for thousands of names."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TOGETHER: Final = 25
"""Names that share a certificate: about as long as those of small hosters."""
_DAY: Final = timedelta(days=1)


class Certificates:
    """Certificates for `names`, made as they are asked for, below an authority of their own."""

    def __init__(self, folder: Path, names: list[str]) -> None:
        self._folder = folder
        self._names = names
        self._places = {name: at // TOGETHER for at, name in enumerate(names)}
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._authority = _subject("bench")
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(self._made(self._authority, [], authority=True))
        self._context = lru_cache(maxsize=2_048)(self._make_context)

    def server(self) -> ssl.SSLContext:
        """What a server listens with: it shows each name the certificate that has it."""
        context = self._context(0)
        context.sni_callback = self._choose
        return context

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        if name in self._places:
            connection.context = self._context(self._places[name])

    def _make_context(self, place: int) -> ssl.SSLContext:
        names = self._names[place * TOGETHER : (place + 1) * TOGETHER]
        path = self._folder / f"{place}.pem"
        key = self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        path.write_bytes(key + self._made(_subject(names[0]), names, authority=False))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _made(self, subject: x509.Name, names: list[str], *, authority: bool) -> bytes:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._authority)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _DAY)
            .not_valid_after(now + _DAY)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if names:
            others = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
            builder = builder.add_extension(others, critical=False)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
