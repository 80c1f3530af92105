"""The list of one's sessions, and ending them from afar."""

import pytest
from allauth.usersessions.models import UserSession

from chartkeep.accounts.client_sessions import sessions_of
from chartkeep.accounts.flows.end_session import end_other_sessions, end_session
from chartkeep.lib.actor import Actor
from chartkeep.lib.errors import NotFoundError


@pytest.fixture
def phone(new_app, alice):
    phone = new_app(headers={"user-agent": "Phone"}, REMOTE_ADDR="198.51.100.7")
    phone.sign_in(alice)
    return phone


@pytest.fixture
def laptop(new_app, alice):
    laptop = new_app(headers={"user-agent": "Laptop"})
    laptop.sign_in(alice)
    return laptop


def test_shows_where_each_session_came_from(phone, laptop, alice):
    newest, oldest = sessions_of(alice.actor, current=laptop.session)
    assert (newest.user_agent, newest.address, newest.is_current) == ("Laptop", "127.0.0.1", True)
    assert (oldest.user_agent, oldest.address, oldest.is_current) == ("Phone", "198.51.100.7", False)


def test_keeps_no_address_and_no_user_agent_in_clear(phone, laptop):
    for row in UserSession.objects.all():
        assert (row.ip, row.user_agent) == ("::", "")
        assert "198.51" not in str(row.data)


def test_ends_one_session(phone, laptop, alice, log_of):
    (_, other) = sessions_of(alice.actor, current=laptop.session)
    end_session(actor=alice.actor, session=other.id)
    assert not phone.is_in()
    assert laptop.is_in()
    assert log_of(alice)[-1] == ("account:session_end", "ok")


def test_ends_all_others(phone, laptop, alice):
    assert end_other_sessions(actor=alice.actor, current=laptop.session) == 1
    assert (phone.is_in(), laptop.is_in()) == (False, True)
    assert end_other_sessions(actor=alice.actor, current=laptop.session) == 0


def test_ends_sessions_through_the_api_and_logs_it(phone, laptop, alice, log_of):
    (_, other) = sessions_of(alice.actor, current=laptop.session)
    assert laptop.call("DELETE", "/auth/sessions", {"sessions": [other.id]}).status_code == 200
    assert not phone.is_in()
    assert log_of(alice)[-1] == ("account:session_end", "ok")


def test_ends_nobody_elses_session(phone, alice, charlie):
    (mine,) = sessions_of(alice.actor, current=None)
    for actor in (charlie.actor, Actor.anonymous(), Actor.system()):
        with pytest.raises(NotFoundError):
            end_session(actor=actor, session=mine.id)
        assert sessions_of(actor, current=None) == []
    for actor in (Actor.anonymous(), Actor.system()):
        with pytest.raises(NotFoundError):
            end_other_sessions(actor=actor, current=None)
    assert phone.is_in()


def test_leaves_an_origin_that_was_changed_out(phone, alice):
    UserSession.objects.update(data={"origin": "AAAA"})
    (view,) = sessions_of(alice.actor, current=None)
    assert (view.address, view.user_agent) == ("", "")
