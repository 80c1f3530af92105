"""``chartkeep serve``: everything in one command."""

import argparse
import sys
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chartkeep.ops.errors import CommandError
from chartkeep.ops.start import start

_THREADS = 8


def add(commands: Any) -> None:
    """Add the command to the command line."""
    serve = commands.add_parser("serve", help="serve pages, API and background jobs")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    serve.add_argument("--port", type=_up_to(65_535), default=8000, help="port (default: 8000)")
    serve.add_argument("--workers", type=_up_to(64), default=1, help="processes (default: 1)")
    serve.add_argument(
        "--threads", type=_up_to(256), default=_THREADS, help=f"threads each (default: {_THREADS})"
    )
    serve.add_argument("--tls-cert", type=Path, help="PEM certificate chain (default: $TLS_CERT)")
    serve.add_argument("--tls-key", type=Path, help="PEM private key (default: $TLS_KEY)")
    serve.set_defaults(run=_serve, base_url=_base_url)


def _up_to(most: int) -> Callable[[str], int]:
    """A reader of whole numbers from 1 to ``most``."""

    def number(text: str) -> int:
        value = int(text)
        if not 1 <= value <= most:
            raise argparse.ArgumentTypeError(f"must be from 1 to {most}")
        return value

    return number


def _base_url(options: argparse.Namespace) -> str:
    """The address people use, when no setting says otherwise."""
    from chartkeep.settings import env

    scheme = "https" if options.tls_cert or env.text("TLS_CERT") else "http"
    host = options.host if options.host not in {"127.0.0.1", "::1", "0.0.0.0", "::"} else "localhost"  # noqa: S104
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{options.port}"


def _serve(options: argparse.Namespace) -> int:
    from chartkeep.ops.web_server import free_address, serve

    # First of all: a start that fails must not replace the set-up link of a server that runs.
    address = free_address(options.host, options.port)
    tls = _tls(options)
    start()
    from django.conf import settings
    from django.db import connections

    from chartkeep.accounts.flows.set_up import setup_link
    from chartkeep.ops.jobs import JobRunner

    _summary(options, setup_link())
    _warn(address, base_url=settings.BASE_URL, secure=settings.SECURE)
    connections.close_all()
    with JobRunner():
        serve(address=address, port=options.port, workers=options.workers, threads=options.threads, tls=tls)
    return 0


def _tls(options: argparse.Namespace) -> tuple[Path, Path] | None:
    """Certificate and key, if HTTPS is asked for; looked at now, since later only a traceback would tell."""
    from chartkeep.ops.web_server import check_tls
    from chartkeep.settings import env

    certificate, key = (
        options.tls_cert or env.text("TLS_CERT") or None,
        options.tls_key or env.text("TLS_KEY") or None,
    )
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise CommandError("TLS needs both a certificate and a key: set TLS_CERT and TLS_KEY.")
    check_tls(Path(certificate), Path(key))
    return Path(certificate), Path(key)


def _summary(options: argparse.Namespace, setup: str | None) -> None:
    from django.conf import settings

    from chartkeep.wiring import blob_store, key_provider

    print(
        f"Chartkeep at {settings.BASE_URL}  (listening on {options.host}:{options.port})\n"
        f"  data     {settings.DATA_DIR}\n"
        f"  objects  {blob_store()!r}\n"
        f"  key      {key_provider().primary_id}"
    )
    if setup:
        print(f"\nOpen this link once to make the first account:\n\n  {setup}\n")
    sys.stdout.flush()


def _warn(address: str, *, base_url: str, secure: bool) -> None:
    if ip_address(address).is_loopback:
        return
    if not secure:
        print(
            "WARNING: listening beyond this machine without HTTPS: records and passwords would cross "
            "the network in clear. Set TLS_CERT and TLS_KEY, or put an HTTPS proxy in front with BASE_URL.",
            file=sys.stderr,
        )
    if urlsplit(base_url).hostname == "localhost":
        print(
            "WARNING: other machines are refused until BASE_URL is the address that people use, "
            "such as https://records.example.org.",
            file=sys.stderr,
        )
