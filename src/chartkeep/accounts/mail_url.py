"""``EMAIL_URL`` read into what Django's SMTP backend takes."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import parse_qs, unquote, urlsplit

_PORTS = {"smtp": 587, "smtps": 465}
_OPTIONS = {"tls", "starttls", "ssl", "timeout"}
_TRUTHS = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}
_TIMEOUT = 10  # seconds that a page waits for the mail server at most


class EmailUrlError(ValueError):
    """``EMAIL_URL`` cannot be understood; the message says what to change and repeats no password."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server. ``starttls`` upgrades the connection, ``tls`` speaks TLS from the first byte."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    starttls: bool = False
    tls: bool = False
    timeout: int = _TIMEOUT

    def __repr__(self) -> str:
        return f"MailServer(host={self.host!r}, port={self.port})"

    @property
    def is_in_clear(self) -> bool:
        """Whether mails would cross a network unencrypted."""
        return not (self.tls or self.starttls or _is_loopback(self.host))


def read_email_url(url: str) -> MailServer:
    """The server of ``smtp://user:password@host:587/?tls=true`` or ``smtps://user:password@host:465``.

    ``tls=true`` (or ``starttls=true``) is STARTTLS; ``ssl=true`` (or the scheme ``smtps``) is TLS at once.

    Raises:
        EmailUrlError: scheme, host, port or an option is wrong.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS:
        raise EmailUrlError("it must begin with smtp:// or smtps://")
    try:
        port = parts.port or _PORTS[parts.scheme]
    except ValueError:
        raise EmailUrlError("its port must be a number from 1 to 65535") from None
    if not parts.hostname:
        raise EmailUrlError("it names no host")
    options = {
        name: values[-1].lower() for name, values in parse_qs(parts.query, keep_blank_values=True).items()
    }
    if options.keys() - _OPTIONS:
        raise EmailUrlError(f"it may carry the options {', '.join(sorted(_OPTIONS))} only")
    tls = _flag(options, "ssl") or parts.scheme == "smtps"
    starttls = _flag(options, "tls") or _flag(options, "starttls")
    if tls and starttls:
        raise EmailUrlError("take tls=true (STARTTLS) or ssl=true (TLS at once), not both")
    return MailServer(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=starttls,
        tls=tls,
        timeout=_seconds(options),
    )


def _flag(options: dict[str, str], name: str) -> bool:
    word = options.get(name, "false")
    if word not in _TRUTHS:
        raise EmailUrlError(f"{name} must be true or false")
    return _TRUTHS[word]


def _seconds(options: dict[str, str]) -> int:
    word = options.get("timeout", str(_TIMEOUT))
    if not word.isdigit() or not 1 <= int(word) <= 60:  # noqa: PLR2004 - a minute
        raise EmailUrlError("timeout must be 1 to 60 seconds")
    return int(word)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
