"""File names, however they come."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartkeep.formats.names import LONGEST_NAME, clean_file_name, extension_of, guess_title


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("C:\\fakepath\\report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("/scans/scan.png", "scan.png"),
        ("folder/", "folder"),
        ("in\x00voice\r\n.pdf", "invoice .pdf"),
        ("\u202efdp.exe", "fdp.exe"),
        ("a\u2066b\u2069c\u200e.txt", "abc.txt"),
        ("zero\ufeffwidth\u2060.txt", "zerowidth.txt"),
        ("  spaced   out .pdf  ", "spaced out .pdf"),
        ("name.pdf. . .", "name.pdf"),
        ("..", ""),
        (".", ""),
        ("", ""),
        ("///", ""),
        ("\x01\x02", ""),
        ("Cafe\u0301.pdf", "Café.pdf"),
        ("گزارش\u200cها.pdf", "گزارش\u200cها.pdf"),
        ("lone\ud800surrogate.pdf", "lonesurrogate.pdf"),
        ("two\u2028lines.pdf", "two lines.pdf"),
    ],
)
def test_keeps_what_is_a_name(given_name, kept):
    assert clean_file_name(given_name) == kept


def test_cuts_a_name_of_4096_characters_and_keeps_its_extension():
    name = clean_file_name("x" * 4092 + ".pdf")
    assert len(name) == LONGEST_NAME
    assert name.endswith("x.pdf")


def test_does_not_take_a_long_tail_for_an_extension():
    assert clean_file_name("a." + "b" * 4000) == "a." + "b" * (LONGEST_NAME - 2)


@given(st.text(max_size=600))
def test_gives_a_harmless_name_for_any_text(text):
    name = clean_file_name(text)
    assert len(name) <= LONGEST_NAME
    assert not {"/", "\\"} & set(name)
    assert name not in {".", ".."}
    assert not any(
        unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}
        or unicodedata.bidirectional(char) in {"RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI", "FSI", "PDI"}
        for char in name
    )
    assert clean_file_name(name) == name


@pytest.mark.parametrize(
    ("name", "extension"),
    [("a.pdf", ".pdf"), ("a.tar.gz", ".gz"), (".hidden", ""), ("a.", ""), ("plain", ""), ("Dr. Dana", "")],
)
def test_finds_the_extension(name, extension):
    assert extension_of(name) == extension


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("blood_test-2024.pdf", "blood test 2024"),
        ("IMG_0001.jpg", "IMG 0001"),
        ("X-ray left hand.dcm", "X ray left hand"),
        ("", "Document"),
        ("_.pdf", "Document"),
    ],
)
def test_guesses_a_title(name, title):
    assert guess_title(name) == title


@given(st.text(max_size=600))
def test_guesses_some_title_for_any_name(text):
    title = guess_title(clean_file_name(text))
    assert 1 <= len(title) <= 200
