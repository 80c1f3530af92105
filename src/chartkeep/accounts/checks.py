"""System checks of accounts: secrets of sign-in, mail, proxies."""

import hmac
from ipaddress import ip_network
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 - Django's name
from django.core.exceptions import ImproperlyConfigured

from chartkeep.accounts.mail_url import EmailUrlError, read_email_url

_LEAST_SECRET = 32  # characters; RFC 7518 section 3.2 asks as many bytes of an HS256 key
_MAKE = "Set it to 32 or more random characters: `openssl rand -hex 32`, or `chartkeep keys generate`."


@register(Tags.security)
def secrets_of_sign_in(**_: Any) -> list[CheckMessage]:
    """E001 to E003: SECRET_KEY and JWT_SIGNING_KEY are there, long enough, and nobody else's."""
    found: list[CheckMessage] = []
    for name in ("SECRET_KEY", "JWT_SIGNING_KEY"):
        value = _secret(name)
        if not value:
            found.append(Error(f"{name} is not set.", hint=_MAKE, id="chartkeep.accounts.E001"))
        elif len(value) < _LEAST_SECRET:
            found.append(Error(f"{name} is too short.", hint=_MAKE, id="chartkeep.accounts.E002"))
    found += [
        Error(
            f"JWT_SIGNING_KEY has the same value as {other}.",
            hint="One key, one purpose: give JWT_SIGNING_KEY a value of its own.",
            id="chartkeep.accounts.E003",
        )
        for other in ("SECRET_KEY", "ENCRYPTION_KEY")
        if settings.JWT_SIGNING_KEY and _same(settings.JWT_SIGNING_KEY, _secret(other))
    ]
    return found


@register()
def mail(**_: Any) -> list[CheckMessage]:
    """E004, W001, W002: EMAIL_URL can be read and encrypts; open sign-up has mail to verify with."""
    if not settings.EMAIL_URL:
        if settings.SIGNUP_MODE != "open":
            return []
        return [
            Warning(
                "SIGNUP_MODE is open, and there is no mail server.",
                hint="Codes that confirm addresses reach nobody. Set EMAIL_URL, or SIGNUP_MODE=invitation.",
                id="chartkeep.accounts.W001",
            )
        ]
    try:
        server = read_email_url(settings.EMAIL_URL)
    except EmailUrlError as problem:
        hint = "Write it as smtp://user:password@host:587/?tls=true, with special characters percent-encoded."
        return [Error(f"EMAIL_URL: {problem}.", hint=hint, id="chartkeep.accounts.E004")]
    if not server.is_in_clear:
        return []
    hint = "Add ?tls=true (STARTTLS) or write smtps://. Mails carry sign-in codes and invitations."
    return [Warning("EMAIL_URL sends mail unencrypted.", hint=hint, id="chartkeep.accounts.W002")]


@register(Tags.security)
def proxies(**_: Any) -> list[CheckMessage]:
    """E005 and W003: TRUSTED_PROXIES are addresses or networks, and not everybody."""
    found: list[CheckMessage] = []
    for word in settings.TRUSTED_PROXIES:
        try:
            network = ip_network(word, strict=False)
        except ValueError:
            found.append(
                Error(
                    f"TRUSTED_PROXIES: {word!r} is no address or network.",
                    hint="Give addresses such as 10.0.0.5 or networks such as 10.0.0.0/8, comma-separated.",
                    id="chartkeep.accounts.E005",
                )
            )
            continue
        if network.prefixlen == 0:
            found.append(
                Warning(
                    "TRUSTED_PROXIES trusts every address.",
                    hint="Then clients choose the address that limits and the log see. Name your proxy only.",
                    id="chartkeep.accounts.W003",
                )
            )
    return found


def _secret(name: str) -> str:
    """A secret of the settings; Django refuses to hand out an empty SECRET_KEY."""
    try:
        return str(getattr(settings, name))
    except ImproperlyConfigured:
        return ""


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
