"""Passcodes: ten wrong ones in a share's lifetime, however they come."""

import pytest
from tests.sharing.making import log_of, refusals_of, row_of

from chartkeep.sharing.errors import PasscodeRequiredError, ShareRefusedError
from chartkeep.sharing.flows import revoke
from chartkeep.sharing.models import Share
from chartkeep.sharing.queries import get_share


def test_opens_with_the_right_one_only(child, share, open_share):
    made = share(passcode="4711-x")
    for wrong in ("4711-X", "4711-x ", "0000", "0", "0" * 65, "47\x0011", "\ud800\ud800\ud800\ud800"):
        with pytest.raises(PasscodeRequiredError):
            open_share(made, passcode=wrong)
    assert row_of(made).access_count == 0
    assert open_share(made, passcode="4711-x").share == made.id
    assert refusals_of(child) == ["wrong_passcode"] * 7


def test_checks_argon2id(settings, share, open_share):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    made = share(passcode="4711-x")
    with pytest.raises(PasscodeRequiredError):
        open_share(made, passcode="4711-y")
    assert open_share(made, passcode="4711-x")


def test_takes_the_same_letters_from_every_keyboard(share, open_share):
    made = share(passcode="cafe\N{COMBINING ACUTE ACCENT}")
    with pytest.raises(PasscodeRequiredError):
        open_share(made, passcode="cafe")
    assert open_share(made, passcode="caf\N{LATIN SMALL LETTER E WITH ACUTE}")


def test_asks_without_counting_when_none_is_given(child, share, open_share):
    made = share(passcode="4711")
    for _ in range(3):
        with pytest.raises(PasscodeRequiredError) as asked:
            open_share(made)
        assert asked.value.facts == {"remaining": 10}
    assert refusals_of(child) == []


def test_ignores_a_passcode_that_is_not_wanted(share, open_share):
    assert open_share(share(), passcode="whatever")


def test_locks_after_ten_wrong_ones_for_ever(alice, child, share, open_share):
    made = share(passcode="4711")
    for left in range(9, 0, -1):
        with pytest.raises(PasscodeRequiredError) as refused:
            open_share(made, passcode="0000")
        assert refused.value.facts == {"remaining": left}
    for passcode in ("0000", "4711", "0000", ""):
        with pytest.raises(ShareRefusedError):
            open_share(made, passcode=passcode)
    assert get_share(actor=alice.actor, share=made.id).state == "locked"
    assert row_of(made).wrong_passcodes == 10
    assert refusals_of(child) == ["wrong_passcode"] * 10 + ["locked"] * 3
    (locked,) = log_of(child, "share:lock")
    assert (locked.share, locked.outcome) == (made.id, "ok")


def test_gives_no_try_back_for_the_right_one(share, open_share):
    made = share(passcode="4711")
    for passcode in ("0000", "0001"):
        with pytest.raises(PasscodeRequiredError):
            open_share(made, passcode=passcode)
    open_share(made, passcode="4711")
    assert row_of(made).wrong_passcodes == 2


def test_refuses_a_wrong_one_that_comes_in_when_the_share_was_just_locked(
    child, share, open_share, monkeypatch
):
    from chartkeep.sharing import passcodes

    made = share(passcode="4711")
    check = passcodes.check_password

    def meanwhile_others_guessed(passcode, kept):
        Share.objects.filter(uuid=made.id).update(wrong_passcodes=10)
        return check(passcode, kept)

    monkeypatch.setattr(passcodes, "check_password", meanwhile_others_guessed)
    for passcode in ("0000", "4711"):
        Share.objects.filter(uuid=made.id).update(wrong_passcodes=9)
        with pytest.raises(ShareRefusedError):
            open_share(made, passcode=passcode)
    assert refusals_of(child) == ["locked"] * 2
    assert log_of(child, "share:lock") == []


def test_says_nothing_about_a_passcode_once_the_share_is_over(alice, share, open_share, secrets_of):
    made = share(passcode="4711")
    secrets_of(made)
    revoke.revoke(actor=alice.actor, share=made.id)
    for passcode in ("", "0000", "4711"):
        with pytest.raises(ShareRefusedError):
            open_share(made, passcode=passcode)
    assert row_of(made).wrong_passcodes == 0
