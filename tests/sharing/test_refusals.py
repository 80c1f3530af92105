"""One answer for every refusal, in the same time."""

import time

import pytest
from django.db import connection
from tests.sharing.making import ANYBODY, KEY, together

from chartkeep.crypto.claims import Claims, new_secret_token
from chartkeep.crypto.tokens import open_token, seal_claims
from chartkeep.sharing import refusals
from chartkeep.sharing.errors import ShareRefusedError
from chartkeep.sharing.flows import redeem, revoke
from chartkeep.sharing.models import Share
from chartkeep.wiring import token_keyring


def seconds_of(given: dict) -> float:
    started = time.perf_counter()
    with pytest.raises(ShareRefusedError):
        redeem.redeem(actor=ANYBODY, idempotency_key=KEY, **given)
    return time.perf_counter() - started


@pytest.mark.slow
def test_takes_the_same_time_whatever_the_reason(alice, share, secrets_of, open_share, real_wait):
    revoked, used, locked = share(), share(max_access_count=1), share(passcode="4711")
    link = share(method="url")
    tries = {
        name: secrets_of(made) for name, made in (("revoked", revoked), ("used", used), ("locked", locked))
    }
    revoke.revoke(actor=alice.actor, share=revoked.id)
    open_share(used, key="the-key-of-somebody-else")
    Share.objects.filter(uuid=locked.id).update(wrong_passcodes=10)
    token = tries["revoked"]["token"]
    claims = open_token(token, token_keyring())
    same = {name: getattr(claims, name) for name in Claims.__dataclass_fields__}
    forged = Claims(**(same | {"jti": new_secret_token()}))
    tries |= {
        "forged": {"token": seal_claims(forged, token_keyring().public_key)},
        "wrong form": {"token": Share.objects.get(uuid=link.id).stored_token},
        "malformed": {"token": "x"},
        "changed": {"token": token[:-4] + "AAAA"},
        "long": {"token": "A" * 100_000},
        "unknown": {"token_id": "A" * 43},
        "empty": {},
    }
    # The fastest of several: what else runs on the machine only ever adds to a time.
    times = {name: min(seconds_of(given) for _ in range(4)) for name, given in tries.items()}
    fastest, slowest = min(times.values()), max(times.values())
    assert fastest >= refusals.REFUSAL_SECONDS
    assert slowest - fastest < 0.1 * refusals.REFUSAL_SECONDS, times


def test_slips_by_whole_steps_when_the_server_is_slow(db, monkeypatch):
    monkeypatch.setattr(refusals, "REFUSAL_SECONDS", 0.05)
    started = time.monotonic() - 0.12
    refusals.wait_for_the_same_time(started)
    assert 0.15 <= time.monotonic() - started < 0.2


@pytest.mark.django_db(transaction=True)
def test_holds_no_connection_while_it_waits(real_wait, monkeypatch):
    seen = []
    pause = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: (seen.append(connection.connection), pause(seconds)))
    (answer,) = together([lambda: redeem.redeem(actor=ANYBODY, token="x", idempotency_key=KEY)])
    assert isinstance(answer, ShareRefusedError)
    assert seen == [None]
