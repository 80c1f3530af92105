"""Who acts: every flow and every look-up is scoped by an ``Actor``.

An actor without a scope sees nothing: the empty set, never everything.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class ActorKind(StrEnum):
    """The kinds of actor, as written in the audit log."""

    ANONYMOUS = "anonymous"
    USER = "user"
    VIEWER = "viewer"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from, for the audit log only.

    ``address`` is the client's IP address as text, ``user_agent`` the header cut to 256 characters,
    ``face`` is ``web``, ``api`` or ``ops``.
    """

    address: str = ""
    user_agent: str = ""
    face: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """One who acts, with all that authorisation may depend on.

    ``id`` is the user's uuid (USER) or the viewer session's uuid (VIEWER). ``share`` and
    ``shared_records`` are set for viewers only: exactly what the live share shows. ``user`` is the
    account behind a viewer who is signed in, if any. ``name`` is who a viewer says to be.
    """

    kind: ActorKind
    id: UUID | None = None
    is_administrator: bool = False
    is_clinician: bool = False
    share: UUID | None = None
    shared_patient: UUID | None = None
    shared_records: frozenset[UUID] = frozenset()
    user: UUID | None = None
    name: str = ""
    origin: Origin = field(default_factory=Origin)

    @classmethod
    def anonymous(cls, origin: Origin | None = None) -> "Actor":
        """Nobody in particular: may redeem a share and sign in, nothing else."""
        return cls(kind=ActorKind.ANONYMOUS, origin=origin or Origin())

    @classmethod
    def system(cls, face: str = "ops") -> "Actor":
        """The deployment itself: jobs and commands. Sees no record."""
        return cls(kind=ActorKind.SYSTEM, origin=Origin(face=face))

    @classmethod
    def person(
        cls,
        user: UUID,
        *,
        origin: Origin | None = None,
        is_administrator: bool = False,
        is_clinician: bool = False,
    ) -> "Actor":
        """A signed-in user. ``is_clinician`` only when an administrator has confirmed it."""
        return cls(
            kind=ActorKind.USER,
            id=user,
            user=user,
            is_administrator=is_administrator,
            is_clinician=is_clinician,
            origin=origin or Origin(),
        )

    @classmethod
    def viewer(
        cls,
        session: UUID,
        *,
        share: UUID,
        patient: UUID,
        records: frozenset[UUID],
        user: UUID | None = None,
        name: str = "",
        origin: Origin | None = None,
    ) -> "Actor":
        """The holder of a live viewer session, who sees exactly ``records``."""
        return cls(
            kind=ActorKind.VIEWER,
            id=session,
            share=share,
            shared_patient=patient,
            shared_records=records,
            user=user,
            name=name,
            origin=origin or Origin(),
        )
