"""Every error that webring raises on purpose.

    WebringError
    |-- ConfigError              the settings are wrong; the sentence says how to mend them
    |-- InvalidName              a server name, room id, alias, slug or URL is malformed
    |-- DocumentError            a signed document is refused
    |   |-- MalformedDocument    the bytes or the fields are not what the protocol says
    |   |-- BadSignature         a signature is missing, malformed or wrong
    |   `-- TrustError           well formed and signed, but not to be believed (see `code`)
    |-- FetchError               the one door out refused or failed (see `reason`)
    |   |-- UrlRefused           the address as written is not one we visit
    |   |-- AddressRefused       the name resolves to an address that is not public
    |   |-- DnsFailed            the name does not resolve
    |   |-- ConnectFailed        nobody answers at that address
    |   |-- TlsFailed            the certificate or the handshake is wrong
    |   |-- TimedOut             the whole exchange took longer than its budget
    |   |-- BudgetExceeded       more header, wire or decoded bytes than allowed
    |   |-- RedirectRefused      too many redirects, or one to a refused place
    |   |-- StatusRefused        the answer's status is not the one hoped for
    |   |-- TypeRefused          the answer's media type, encoding or shape is wrong
    |   |-- RobotsRefused        robots.txt asks us to stay away
    |   |-- IdentityOff          it would have to be signed, and we are not sure that we may
    |   `-- BackingOff           that host asked for, or earned, a pause that is not over
    |-- StorageError             the database cannot do what was asked
    |   |-- NewerSchema          the database belongs to a newer version of this program
    |   |-- StorageUnavailable   the disk is full, or the database cannot be reached
    |   `-- LeaseLost            another process does this work now
    |-- SearchError              the search index cannot be opened or read
    `-- RequestError             what a client sent is refused (each has an HTTP status)
        |-- BadRequest           400
        |-- MissingToken         401
        |-- UnknownToken         401
        |-- Forbidden            403
        |-- NotFound             404
        |-- MethodNotAllowed     405
        |-- Conflict             409
        |-- TooLarge             413
        |-- RateLimited          429
        |-- Unsupported          501
        `-- Unavailable          503

An error's message is one sentence naming the field, the limit and what was seen. Delivery maps
this tree to HTTP answers and exit codes once: `webring.web.errors` and `webring.cli`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class WebringError(Exception):
    """Something that webring refuses or cannot do."""

    @property
    def sentence(self) -> str:
        """What happened, for a person."""
        return str(self) or (type(self).__doc__ or "").strip()


class ConfigError(WebringError):
    """The settings are wrong."""


class InvalidName(WebringError, ValueError):
    """A name or address is malformed."""


class DocumentError(WebringError):
    """A signed document is refused. `code` is short, stable and lower case."""

    def __init__(self, sentence: str, code: str = "malformed") -> None:
        super().__init__(sentence)
        self.code = code


class MalformedDocument(DocumentError):
    """The bytes or the fields are not what the protocol says."""


class BadSignature(DocumentError):
    """A signature is missing, malformed or wrong."""

    def __init__(self, sentence: str, code: str = "bad_signature") -> None:
        super().__init__(sentence, code)


class TrustError(DocumentError):
    """A document is well formed and signed, but not to be believed."""


class FetchError(WebringError):
    """The one door out refused or failed.

    `reason` is a short stable word that is counted and shown; `host` is the name asked, where it is
    known; `temporary` says whether trying again later may help.
    """

    reason: ClassVar[str] = "fetch"
    temporary: ClassVar[bool] = True

    def __init__(self, sentence: str, *, host: str = "") -> None:
        super().__init__(sentence)
        self.host = host


class UrlRefused(FetchError):
    """The address as written is not one we visit."""

    reason = "url"
    temporary = False


class AddressRefused(FetchError):
    """The name resolves to an address that is not public."""

    reason = "address"
    temporary = False


class DnsFailed(FetchError):
    """The name does not resolve."""

    reason = "dns"


class ConnectFailed(FetchError):
    """Nobody answers at that address."""

    reason = "connect"


class TlsFailed(FetchError):
    """The certificate or the handshake is wrong."""

    reason = "tls"


class TimedOut(FetchError):
    """The whole exchange took longer than its budget."""

    reason = "timeout"


class BudgetExceeded(FetchError):
    """The answer is larger than its budget."""

    reason = "budget"


class RedirectRefused(FetchError):
    """Too many redirects, or one where none is followed."""

    reason = "redirect"
    temporary = False


class StatusRefused(FetchError):
    """The answer's status is not the one hoped for.

    `errcode` and `error` are Matrix's own words where the body carried them; `retry_after` is in
    milliseconds, already clamped.
    """

    reason = "status"

    def __init__(
        self,
        sentence: str,
        *,
        host: str = "",
        status: int,
        errcode: str = "",
        retry_after: int | None = None,
    ) -> None:
        super().__init__(sentence, host=host)
        self.status = status
        self.errcode = errcode
        self.retry_after = retry_after


class TypeRefused(FetchError):
    """The answer's media type, encoding or shape is wrong."""

    reason = "type"


class RobotsRefused(FetchError):
    """robots.txt asks us to stay away.

    `certain` is False where it could not be read, which asks as much, for the moment.
    """

    reason = "robots"

    def __init__(self, sentence: str, *, host: str = "", certain: bool = True) -> None:
        super().__init__(sentence, host=host)
        self.certain = certain


class IdentityOff(FetchError):
    """It would have to be signed, and we are not sure that we may."""

    reason = "identity"


class BackingOff(FetchError):
    """That host asked for, or earned, a pause that is not over.

    `until` is in milliseconds; `because` is the `reason` of the failure before, where it is known.
    """

    reason = "backoff"

    def __init__(self, sentence: str, *, host: str = "", until: int, because: str = "") -> None:
        super().__init__(sentence, host=host)
        self.until = until
        self.because = because


class StorageError(WebringError):
    """The database cannot do what was asked."""


class NewerSchema(StorageError):
    """The database belongs to a newer version of this program."""


class StorageUnavailable(StorageError):
    """The disk is full, or the database cannot be reached."""


class LeaseLost(StorageError):
    """Another process does this work now."""


class SearchError(WebringError):
    """The search index cannot be opened or read."""


class RequestError(WebringError):
    """What a client sent is refused: `status` for HTTP, `errcode` in Matrix's words."""

    status: ClassVar[int] = 400
    errcode: ClassVar[str] = "M_UNKNOWN"


class BadRequest(RequestError):
    """The request is malformed."""

    status = 400
    errcode = "M_INVALID_PARAM"


class MissingToken(RequestError):
    """This needs a token. `headers` say which kind, as HTTP wants it said."""

    status = 401
    errcode = "M_MISSING_TOKEN"
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": 'Bearer realm="webring"'}


class UnknownToken(RequestError):
    """The token is unknown, revoked or expired. `headers` are as those of `MissingToken`."""

    status = 401
    errcode = "M_UNKNOWN_TOKEN"
    headers: ClassVar[Mapping[str, str]] = {
        "WWW-Authenticate": 'Bearer realm="webring", error="invalid_token"'
    }


class Forbidden(RequestError):
    """The request is refused by policy."""

    status = 403
    errcode = "M_FORBIDDEN"


class NotFound(RequestError):
    """There is nothing here."""

    status = 404
    errcode = "M_NOT_FOUND"


class MethodNotAllowed(RequestError):
    """This address does not take that method."""

    status = 405
    errcode = "M_UNRECOGNIZED"


class Conflict(RequestError):
    """The request conflicts with what is already there."""

    status = 409
    errcode = "M_CONFLICT"


class TooLarge(RequestError):
    """The request is larger than its limit."""

    status = 413
    errcode = "M_TOO_LARGE"


class RateLimited(RequestError):
    """Too many requests. `retry_after` is in milliseconds."""

    status = 429
    errcode = "M_LIMIT_EXCEEDED"

    def __init__(self, sentence: str, *, retry_after: int) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Unsupported(RequestError):
    """Nobody here knows how to do that."""

    status = 501
    errcode = "M_UNRECOGNIZED"


class Unavailable(RequestError):
    """Not able to answer at the moment. `retry_after` is in milliseconds, where it is known."""

    status = 503
    errcode = "M_UNAVAILABLE"

    def __init__(self, sentence: str = "", *, retry_after: int | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after
