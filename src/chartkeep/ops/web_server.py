"""granian: WSGI, bodies streamed, no access log, since addresses belong into the audit log.

Workers are spawned, not forked: the parent has threads and may hold an S3 client, whose own threads a
fork would not carry over.
"""

import multiprocessing
import os
import socket
import ssl
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import MPServer

from chartkeep.ops.errors import CommandError
from chartkeep.ops.parent import end_after

_PATIENCE = 15  # seconds that a worker has to finish its requests


def free_address(host: str, port: int) -> str:
    """The IP address that ``host`` means, after a look whether ``port`` can be listened on there.

    granian shares ports between processes, so that a second server would quietly take half of the
    requests of the first one.

    Raises:
        CommandError: another program listens there, this account may not, or there is no such host.
    """
    try:
        family, kind, _, _, place = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except OSError as problem:
        raise CommandError(
            f"Cannot listen on {host}, port {port}: {problem.strerror}. Stop what is there, "
            "or choose another --port or --host."
        ) from None
    return str(place[0])


def check_tls(certificate: Path, key: Path) -> None:
    """Look whether the two files can be used together.

    Raises:
        CommandError: a file is missing or unreadable, no PEM, or the key is not the certificate's.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password="")
    except ssl.SSLError as problem:
        what = (problem.reason or "THIS IS NO PEM").replace("_", " ").lower()
        raise CommandError(
            f"{certificate} and {key} cannot be used for TLS: {what}. Give a PEM certificate chain and its "
            "PEM private key without a passphrase."
        ) from None
    except OSError as problem:
        raise CommandError(
            f"{certificate} or {key} cannot be read: {problem.strerror}. Check TLS_CERT and TLS_KEY."
        ) from None


def load_application() -> Any:
    """What a worker serves; run in the worker, which from then on ends with its parent.

    A session of its own keeps Ctrl-C from it: the parent tells it when to stop.
    """
    if os.getsid(0) != os.getpid():
        os.setsid()
    os.umask(0o077)
    parent = multiprocessing.parent_process()
    if parent is not None:
        end_after(lambda: wait([parent.sentinel]))
    from chartkeep.wsgi import application

    return application


def serve(*, address: str, port: int, workers: int, threads: int, tls: tuple[Path, Path] | None) -> None:
    """Serve until SIGTERM or SIGINT, then finish what was begun.

    Raises:
        CommandError: workers died again and again.
    """
    multiprocessing.set_start_method("spawn", force=True)
    certificate, key = tls or (None, None)
    server = MPServer(
        "chartkeep.wsgi:application",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        http=HTTPModes.auto if tls else HTTPModes.http1,
        websockets=False,
        workers=workers,
        blocking_threads=threads,
        backpressure=4 * threads,
        log_level=LogLevels.error,
        log_access=False,
        ssl_cert=certificate,
        ssl_key=key,
        respawn_failed_workers=True,
        workers_kill_timeout=_PATIENCE,
    )
    try:
        server.serve(target_loader=load_application, wrap_loader=False)
    except SystemExit:
        # A service manager may stop the workers in the same moment as us: that is no failure.
        if not server.interrupt_signal:
            raise CommandError("The web workers died again and again; the lines above say why.") from None
