"""Mail without a mail server: sealed, for administrators, for a week."""

import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.mail import EmailMessage, send_mail

from chartkeep.accounts import mailbox
from chartkeep.accounts.mail_url import EmailUrlError, read_email_url
from chartkeep.lib.actor import Actor
from chartkeep.lib.errors import NotFoundError
from chartkeep.lib.ids import new_id


def write(text="The code is ABCD-1234", to="charlie@example.org"):
    return send_mail("Your code – é", text, None, [to])


def files(settings):
    return sorted(Path(settings.MAILBOX_DIR).iterdir())


def test_keeps_a_mail_for_administrators(ada):
    assert write() == 1
    (mail,) = mailbox.list_messages(ada.actor)
    assert (mail.to, mail.subject, mail.text.strip()) == (
        "charlie@example.org",
        "Your code – é",
        "The code is ABCD-1234",
    )
    assert mailbox.read_message(ada.actor, mail.id) == mail


def test_shows_mail_to_nobody_else(ada, alice, dana):
    write()
    (mail,) = mailbox.list_messages(ada.actor)
    for actor in (alice.actor, dana.actor, Actor.anonymous(), Actor.system()):
        with pytest.raises(NotFoundError):
            mailbox.list_messages(actor)
        with pytest.raises(NotFoundError):
            mailbox.read_message(actor, mail.id)


def test_seals_what_it_writes_and_lets_nobody_else_read_the_folder(db, settings):
    write()
    (path,) = files(settings)
    for secret in (b"ABCD", b"charlie", b"code"):
        assert secret not in path.read_bytes()
    assert "charlie" not in path.name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_lists_newest_first_and_nothing_when_nothing_came(ada):
    assert mailbox.list_messages(ada.actor) == []
    for number in range(3):
        write(text=str(number))
    assert [mail.text.strip() for mail in mailbox.list_messages(ada.actor)] == ["2", "1", "0"]


def test_leaves_out_a_mail_that_was_changed_or_moved(ada, settings):
    write(text="one")
    write(text="two")
    first, second = files(settings)
    first.write_bytes(second.read_bytes())
    assert [mail.text.strip() for mail in mailbox.list_messages(ada.actor)] == ["two"]
    (settings.MAILBOX_DIR / "notes.txt").write_text("not a mail")
    assert len(mailbox.list_messages(ada.actor)) == 1


def test_finds_no_mail_that_is_not_there(ada):
    with pytest.raises(NotFoundError):
        mailbox.read_message(ada.actor, new_id())


def test_removes_mails_of_a_week_and_half_written_ones(ada, settings):
    write()
    (path,) = files(settings)
    old = path.with_name("20200101T000000000000-" + path.name.partition("-")[2])
    path.rename(old)
    part = path.with_suffix(".part")
    part.write_bytes(b"half")
    os.utime(part, (0, 0))
    write()
    assert mailbox.purge() == 1
    assert len(files(settings)) == 1
    assert mailbox.purge(older_than=timedelta(seconds=-5)) == 1


def test_sends_through_the_mail_server_when_there_is_one(mail_server, settings, db):
    EmailMessage("Hello", "Text", to=["charlie@example.org"]).send()
    assert "To: charlie@example.org" in mail_server[0]
    assert not Path(settings.MAILBOX_DIR).exists()


@pytest.mark.parametrize(
    ("url", "host", "port", "starttls", "tls", "in_clear"),
    [
        ("smtp://mail.example.org", "mail.example.org", 587, False, False, True),
        ("smtp://mail.example.org:25/?tls=true", "mail.example.org", 25, True, False, False),
        ("smtp://mail.example.org/?starttls=yes", "mail.example.org", 587, True, False, False),
        ("smtps://mail.example.org", "mail.example.org", 465, False, True, False),
        ("smtp://mail.example.org:465?ssl=1", "mail.example.org", 465, False, True, False),
        ("smtp://localhost:1025", "localhost", 1025, False, False, False),
        ("smtp://[::1]:1025", "::1", 1025, False, False, False),
    ],
)
def test_reads_a_mail_url(url, host, port, starttls, tls, in_clear):
    server = read_email_url(url)
    assert (server.host, server.port, server.starttls, server.tls, server.is_in_clear) == (
        host,
        port,
        starttls,
        tls,
        in_clear,
    )


def test_reads_user_and_password_and_shows_neither():
    server = read_email_url("smtp://me%40example.org:p%2Fw@mail.example.org/?tls=true&timeout=5")
    assert (server.user, server.password, server.timeout) == ("me@example.org", "p/w", 5)
    assert "p/w" not in repr(server)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://host:99999",
        "smtp://host:x",
        "smtp://host/?tls=maybe",
        "smtp://host/?colour=red",
        "smtps://host/?tls=true",
        "smtp://host/?timeout=0",
        "smtp://host/?timeout=soon",
    ],
)
def test_refuses_a_mail_url_that_it_cannot_understand(url):
    with pytest.raises(EmailUrlError):
        read_email_url(url)
