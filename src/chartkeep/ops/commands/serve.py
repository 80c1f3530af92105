"""``chartkeep serve``: everything in one command."""

import argparse
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from chartkeep.ops.errors import CommandError
from chartkeep.ops.start import start

_THREADS = 8


def add(commands: Any) -> None:
    """Add the command to the command line."""
    serve = commands.add_parser("serve", help="serve pages, API and background jobs")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument("--workers", type=int, default=1, help="processes (default: 1)")
    serve.add_argument("--threads", type=int, default=_THREADS, help=f"threads each (default: {_THREADS})")
    serve.add_argument("--tls-cert", type=Path, help="PEM certificate chain (default: $TLS_CERT)")
    serve.add_argument("--tls-key", type=Path, help="PEM private key (default: $TLS_KEY)")
    serve.set_defaults(run=_serve, base_url=_base_url)


def _base_url(options: argparse.Namespace) -> str:
    """The address people use, when no setting says otherwise."""
    from chartkeep.settings import env

    scheme = "https" if options.tls_cert or env.text("TLS_CERT") else "http"
    host = options.host if options.host not in {"127.0.0.1", "::1", "0.0.0.0", "::"} else "localhost"  # noqa: S104
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{options.port}"


def _serve(options: argparse.Namespace) -> int:
    start()
    from django.conf import settings
    from django.db import connections

    from chartkeep.accounts.flows.set_up import setup_link
    from chartkeep.ops.jobs import JobRunner
    from chartkeep.ops.web_server import web_server

    cert = options.tls_cert or (Path(settings.TLS_CERT) if settings.TLS_CERT else None)
    key = options.tls_key or (Path(settings.TLS_KEY) if settings.TLS_KEY else None)
    if (cert is None) != (key is None):
        raise CommandError("TLS needs both a certificate and a key: set TLS_CERT and TLS_KEY.")
    for path in (cert, key):
        if path is not None and not path.is_file():
            raise CommandError(f"{path} is not there, or not readable.")
    _summary(options, setup_link())
    _warn(options.host, settings.SECURE)
    connections.close_all()
    with JobRunner():
        web_server(
            host=options.host,
            port=options.port,
            workers=max(1, options.workers),
            threads=max(1, options.threads),
            tls=(cert, key) if cert and key else None,
        ).serve()
    return 0


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


def _warn(host: str, secure: bool) -> None:  # noqa: FBT001 - read with its name at the one call
    try:
        outside = not ip_address(host).is_loopback
    except ValueError:
        outside = host != "localhost"
    if outside and not secure:
        print(
            "WARNING: listening beyond this machine without HTTPS: records and passwords would cross "
            "the network in clear. Set TLS_CERT and TLS_KEY, or put an HTTPS proxy in front with BASE_URL.",
            file=sys.stderr,
        )
