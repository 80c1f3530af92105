"""Every error that a person may be told about has its page and its problem document: no code is forgotten."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import chartkeep
from chartkeep.lib.errors import ChartkeepError


def all_error_classes():
    """Every subclass of ``ChartkeepError``, found by importing every module of the house."""
    for module in pkgutil.walk_packages(chartkeep.__path__, "chartkeep."):
        if ".migrations" not in module.name and module.name != "chartkeep.wsgi":
            importlib.import_module(module.name)
    found, waiting = set(), [ChartkeepError]
    while waiting:
        for child in waiting.pop().__subclasses__():
            if child not in found and child.__module__.startswith("chartkeep."):
                found.add(child)
                waiting.append(child)
    return sorted(found, key=lambda error: error.__qualname__)


CODES = {error.code for error in all_error_classes() if "code" in error.__dict__}
DJANGO_S_OWN = {"bad_request", "forbidden", "csrf_failure", "server_error"}


def test_finds_the_errors_at_all():
    assert {"not_found", "upload_too_large", "share_refused", "vault_missing"} <= CODES


def test_gives_each_error_a_code_of_its_own():
    codes = [error.code for error in all_error_classes() if "code" in error.__dict__]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", code) for code in codes)


def test_has_a_page_for_every_error_and_for_nothing_else():
    from chartkeep.web.errors import PAGES

    assert set(PAGES) == CODES | DJANGO_S_OWN


def test_has_a_problem_document_for_every_error():
    from chartkeep.api.errors import PROBLEMS

    assert set(PROBLEMS) == CODES


def test_answers_with_the_same_kind_of_status_on_both_faces():
    from chartkeep.api.errors import PROBLEMS
    from chartkeep.web.errors import PAGES

    assert not {code for code in CODES if PAGES[code].status // 100 != PROBLEMS[code][0] // 100}


@pytest.mark.parametrize("error", all_error_classes(), ids=lambda error: error.__name__)
def test_writes_a_message_that_a_person_can_read(error):
    assert error.message.strip()
    assert error.message[0].isupper() or error.message.startswith("{")
    assert str(Path.cwd()) not in error.message
