"""Identifiers: random UUIDs outside and inside, never a sequential number that tells how much there is."""

import uuid


def new_id() -> uuid.UUID:
    """A fresh random UUID (version 4, RFC 9562)."""
    return uuid.uuid4()
