"""An address that is refused again and again must wait; others need not."""

import pytest

from chartkeep.accounts.errors import TooManyTriesError
from chartkeep.lib.actor import Actor, Origin
from chartkeep.sharing import refusals
from chartkeep.sharing.errors import ShareRefusedError
from chartkeep.sharing.flows.redeem import redeem

pytestmark = pytest.mark.django_db


def try_from(address):
    redeem(actor=Actor.anonymous(Origin(address=address)), token="x", idempotency_key="0123456789abcdef")


@pytest.fixture(autouse=True)
def little_patience(monkeypatch):
    monkeypatch.setattr(refusals, "REFUSALS_A_MINUTE", 3)
    monkeypatch.setattr(refusals, "REFUSAL_SECONDS", 0.001)


def test_refuses_an_address_that_was_refused_too_often():
    for _ in range(3):
        with pytest.raises(ShareRefusedError):
            try_from("192.0.2.7")
    with pytest.raises(TooManyTriesError):
        try_from("192.0.2.7")
    with pytest.raises(ShareRefusedError):
        try_from("192.0.2.8")


def test_does_not_count_callers_without_an_address():
    for _ in range(5):
        with pytest.raises(ShareRefusedError):
            try_from("")
