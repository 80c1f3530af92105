"""What time it is: the database's clock, so that many app nodes agree on expiry.

Every time is an aware ``datetime`` in UTC.
"""

from datetime import UTC, datetime

from django.db import connection


def database_now() -> datetime:
    """The current time of the database, in UTC. Inside a PostgreSQL transaction: the statement's time."""
    if connection.vendor == "postgresql":
        query = "SELECT clock_timestamp()"
    else:
        query = "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"
    with connection.cursor() as cursor:
        cursor.execute(query)
        (now,) = cursor.fetchone()
    moment = datetime.fromisoformat(now) if isinstance(now, str) else now
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def whole_seconds(moment: datetime) -> datetime:
    """The same moment without its fraction of a second, as tokens and their rows carry it."""
    return moment.replace(microsecond=0)


def rfc3339(moment: datetime) -> str:
    """RFC 3339 in UTC with ``Z``, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
