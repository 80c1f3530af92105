"""A cache in the database, shared by all processes and nodes: what rate limits need.

A cache per process would multiply every limit by the number of workers. Values are JSON, not pickles, so
that writing to the database does not run code here; keys are stored as keyed digests, because allauth
puts client addresses into them.
"""

from datetime import timedelta
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

_SALT = "chartkeep.accounts.counters"


class SharedCache(BaseCache):
    """Django's cache interface over ``SharedCounter`` rows. ``add`` and ``incr`` are atomic."""

    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def add(
        self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """Store a value if there is none yet; says whether it did."""
        row = self._row(key, value, timeout, version)
        try:
            with transaction.atomic():
                self._expired().filter(key=row.key).delete()
                row.save(force_insert=True)
        except IntegrityError:
            return False
        return True

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """The value, or ``default``."""
        row = self._live().filter(key=self._digest(key, version)).first()
        return default if row is None else row.value

    def set(
        self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        """Store a value in place of any other."""
        self._rows().bulk_create(
            [self._row(key, value, timeout, version)],
            update_conflicts=True,
            unique_fields=["key"],
            update_fields=["value", "expires_at"],
        )

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Add to a number and give the sum; ``ValueError`` when there is none."""
        with transaction.atomic():
            row = self._live().select_for_update().filter(key=self._digest(key, version)).first()
            if row is None:
                raise ValueError("there is no such counter")
            row.value += delta
            row.save(update_fields=["value"])
        total: int = row.value
        return total

    def touch(self, key: str, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Give a value a new life span; says whether it was there."""
        rows = self._live().filter(key=self._digest(key, version))
        return rows.update(expires_at=self._end(timeout)) == 1

    def delete(self, key: str, version: int | None = None) -> bool:
        """Remove a value; says whether it was there."""
        gone, _ = self._rows().filter(key=self._digest(key, version)).delete()
        return bool(gone)

    def clear(self) -> None:
        """Remove everything."""
        self._rows().delete()

    def clear_expired(self) -> int:
        """Remove what is over; gives how many."""
        gone, _ = self._expired().delete()
        return gone

    def _row(self, key: str, value: Any, timeout: float | None, version: int | None) -> Any:
        return self._rows().model(key=self._digest(key, version), value=value, expires_at=self._end(timeout))

    def _digest(self, key: str, version: int | None) -> str:
        full = self.make_and_validate_key(key, version=version)
        return salted_hmac(_SALT, full, algorithm="sha256").hexdigest()

    def _end(self, timeout: Any) -> Any:
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return None if seconds is None else timezone.now() + timedelta(seconds=seconds)

    def _rows(self) -> QuerySet[Any]:
        # Django makes caches before it loads models.
        from chartkeep.accounts.models import SharedCounter

        return SharedCounter.objects.all()

    def _live(self) -> QuerySet[Any]:
        return self._rows().filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))

    def _expired(self) -> QuerySet[Any]:
        return self._rows().filter(expires_at__lte=timezone.now())
