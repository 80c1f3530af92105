"""granian: WSGI, bodies streamed, no access log, since addresses belong into the audit log."""

from pathlib import Path

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import MPServer


def web_server(
    *, host: str, port: int, workers: int, threads: int, tls: tuple[Path, Path] | None
) -> MPServer:
    """A server that is ready to ``serve()`` until SIGTERM or SIGINT, and then finishes what it began."""
    certificate, key = tls or (None, None)
    return MPServer(
        "chartkeep.wsgi:application",
        address=host,
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
        workers_kill_timeout=15,
    )
