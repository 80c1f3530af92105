"""Logs hold no token, name or secret."""

import logging

import pytest
import structlog

from chartkeep.lib.logs import redact

TOKEN = "eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMjU2R0NNIn0.AAAA.BBBB.CCCC.DDDD"


@pytest.mark.parametrize(
    "name", ["token", "passcode", "Authorization", "session_key", "email", "title", "jti"]
)
def test_masks_values_by_their_name(name):
    assert redact(None, "", {"event": "x", name: "value"})[name] == "[redacted]"


def test_masks_what_looks_like_a_token_in_any_text():
    event = redact(None, "", {"event": f"refused {TOKEN} from a page", "count": 3})
    assert event == {"event": "refused [redacted] from a page", "count": 3}


def test_leaves_ordinary_facts_alone():
    event = {"event": "started", "key_id": "0123456789abcdef", "path": "/records", "seconds": 1.5}
    assert redact(None, "", dict(event)) == event


def test_masks_in_messages_of_the_standard_library_too(capsys):
    from chartkeep.lib.logs import configure

    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        configure({"level": "INFO"})
        logging.getLogger("somebody.else").warning("saw %s", TOKEN)
        structlog.get_logger().warning("saw", token=TOKEN)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    written = capsys.readouterr().err
    assert written.count("[redacted]") == 2
    assert "eyJ" not in written
