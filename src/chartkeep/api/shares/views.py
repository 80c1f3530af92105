"""Shares and their redeeming."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from chartkeep.api.auth import caller, caller_or_nobody
from chartkeep.api.shared.schemas import Redeemed, SharedOut
from chartkeep.api.shares.schemas import RedeemIn, ShareChange, ShareIn, ShareOut, SharePage
from chartkeep.lib import qr
from chartkeep.sharing import queries
from chartkeep.sharing.details import ShareRequest
from chartkeep.sharing.flows import create, edit, redeem, revoke, show, view

router = Router(tags=["shares"])


@router.post("", response={201: ShareOut})
def create_share(request: HttpRequest, share: ShareIn) -> Status[ShareOut]:
    """Make a share; the answer has its link. Show ``…/qr.svg`` or hand over the link."""
    actor = caller(request)
    wanted = ShareRequest(
        patient=share.patient,
        record_ids=tuple(share.record_ids),
        method=share.method,
        expires_in=timedelta(seconds=min(share.expires_in, 10**9)),
        max_access_count=share.max_access_count,
        passcode=share.passcode,
        clinicians_only=share.clinicians_only,
        label=share.label,
    )
    made = create.create(actor=actor, request=wanted)
    return Status(201, ShareOut.of(made, show.link(actor=actor, share=made.id)))


@router.get("", response=SharePage)
def list_shares(
    request: HttpRequest,
    patient: UUID | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> SharePage:
    """The shares of one patient, or of everyone the caller acts for, newest first."""
    page = queries.list_shares(actor=caller(request), patient=patient, cursor=cursor, limit=limit)
    return SharePage(items=[ShareOut.of(share) for share in page.items], next_cursor=page.next_cursor)


@router.post("/redeem", response=Redeemed, auth=None)
def redeem_share(request: HttpRequest, opening: RedeemIn) -> Redeemed:
    """Open a share. Counted once; gives a viewer session of 30 minutes at most and what it shows.

    Every refusal is ``share_refused``, whatever its reason. A signed-in clinician sends the access token too.
    """
    actor = caller_or_nobody(request)
    redeemed = redeem.redeem(actor=actor, **opening.dict())
    viewer = view.viewer(secret=redeemed.secret, origin=actor.origin, user=actor.user)
    return Redeemed(
        viewer_session=redeemed.secret,
        expires_at=redeemed.expires_at,
        shared=SharedOut.of(view.shared_records(actor=viewer)),
    )


@router.get("/{uuid:share}", response=ShareOut)
def get_share(request: HttpRequest, share: UUID) -> ShareOut:
    """One share, without its link."""
    return ShareOut.of(queries.get_share(actor=caller(request), share=share))


@router.get("/{uuid:share}/link", response=ShareOut)
def get_link(request: HttpRequest, share: UUID) -> ShareOut:
    """One share with its link. Logged: the link is a credential."""
    actor = caller(request)
    link = show.link(actor=actor, share=share)
    return ShareOut.of(queries.get_share(actor=actor, share=share), link)


@router.get("/{uuid:share}/qr.svg")
def get_qr_svg(request: HttpRequest, share: UUID) -> HttpResponse:
    """The QR code as SVG. Logged: the code is a credential."""
    link = show.link(actor=caller(request), share=share)
    return HttpResponse(qr.svg(link), content_type="image/svg+xml")


@router.get("/{uuid:share}/qr.png")
def get_qr_png(
    request: HttpRequest, share: UUID, scale: Annotated[int, Query(ge=4, le=20)] = 6
) -> HttpResponse:
    """The QR code as PNG, ``scale`` pixels a module."""
    link = show.link(actor=caller(request), share=share)
    return HttpResponse(qr.png(link, scale=scale), content_type="image/png")


@router.patch("/{uuid:share}", response=ShareOut)
def change_share(request: HttpRequest, share: UUID, changes: ShareChange) -> ShareOut:
    """Shorten or extend the expiry (never past 7 days from creation), or change the label."""
    return ShareOut.of(edit.edit(actor=caller(request), share=share, **changes.dict(exclude_unset=True)))


@router.delete("/{uuid:share}", response={204: None})
def revoke_share(request: HttpRequest, share: UUID) -> Status[None]:
    """Revoke: the next read of an open viewer is refused. Revoking again changes nothing."""
    revoke.revoke(actor=caller(request), share=share)
    return Status(204, None)
