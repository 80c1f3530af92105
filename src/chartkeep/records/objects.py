"""Where the stored object of a version lies. The key is made of the object's uuid alone."""

from uuid import UUID

PREFIX = "objects/"


def key_of(object_uuid: UUID) -> str:
    """The key of an object: ``objects/ab/ab12…``, 256 folders by the first byte."""
    return f"{PREFIX}{object_uuid.hex[:2]}/{object_uuid.hex}"


def object_of(key: str) -> UUID | None:
    """The uuid in a key that ``key_of`` made; ``None`` for any other key."""
    try:
        found = UUID(key.rpartition("/")[2])
    except ValueError:
        return None
    return found if key_of(found) == key else None
