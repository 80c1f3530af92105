"""QR codes, read back by a decoder that knows nothing of how they were made."""

import io
import re
import secrets
import xml.etree.ElementTree as ET

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from chartkeep.lib import qr
from chartkeep.lib.errors import InvalidInputError

SHORT = "http://localhost:8000/s#" + "A" * 43


def long_text(characters: int) -> str:
    return "https://chartkeep.example.org/q#" + secrets.token_urlsafe(characters)[: characters - 32]


def read(picture: Image.Image) -> str:
    (found,) = zxingcpp.read_barcodes(picture)
    return found.text


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("L")


def drawn(svg: str, scale: int) -> Image.Image:
    """What a browser draws: the paths of the SVG, module by module."""
    root = ET.fromstring(svg)  # noqa: S314 - made here, a line above or by the test
    _, _, width, height = map(int, root.get("viewBox").split())
    picture = Image.new("L", (width * scale, height * scale), 255)
    pen = ImageDraw.Draw(picture)
    dark = root.findall("{*}path")[1].get("d")
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", dark):
        values = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        if command == "h":
            pen.rectangle(
                (x * scale, (y - 0.5) * scale, (x + values[0]) * scale - 1, (y + 0.5) * scale - 1), fill=0
            )
            x += values[0]
        else:
            x, y = (values[0], values[1]) if command == "M" else (x + values[0], y + values[1])
    return picture


@pytest.mark.parametrize("text", [SHORT, long_text(700), long_text(1528)])
@pytest.mark.parametrize("scale", [4, 6])
def test_scans_from_a_png(text, scale):
    assert read(opened(qr.png(text, scale=scale))) == text


@pytest.mark.parametrize("text", [SHORT, long_text(1500)])
def test_scans_from_an_svg(text):
    assert read(drawn(qr.svg(text), 4)) == text


@pytest.mark.parametrize("text", [SHORT, long_text(1500)])
def test_corrects_m_for_short_links_and_l_for_big_tokens(text):
    (found,) = zxingcpp.read_barcodes(opened(qr.png(text)))
    assert found.ec_level == ("M" if text == SHORT else "L")


def test_keeps_to_m_as_long_as_the_code_stays_coarse_enough():
    for length, level in ((1190, "M"), (1191, "L")):
        (found,) = zxingcpp.read_barcodes(opened(qr.png(long_text(length))))
        assert found.ec_level == level


def test_leaves_four_modules_around():
    picture = opened(qr.png(SHORT, scale=5))
    modules = 4 * qr.version(SHORT) + 17 + 2 * 4
    assert picture.size == (modules * 5, modules * 5)
    assert picture.point(lambda value: 255 - value).getbbox()[:2] == (20, 20)


def test_needs_no_inline_style_and_scales():
    svg = qr.svg(SHORT, title="Code for <Dr. Dana> & co")
    root = ET.fromstring(svg)  # noqa: S314 - made here, a line above or by the test
    assert "style" not in svg
    assert "class" not in svg
    assert root.get("viewBox")
    assert (root.get("width"), root.get("height")) == (None, None)
    assert root.findtext("{*}title") == "Code for <Dr. Dana> & co"


@pytest.mark.parametrize(("length", "fits"), [(100, True), (1528, True), (1529, False), (4000, False)])
def test_knows_what_scans_reliably(length, fits):
    assert qr.fits(long_text(length)) is fits
    if length < 2000:
        assert (qr.version(long_text(length)) <= qr.MAX_VERSION) is fits


@pytest.mark.parametrize("scale", [0, 3, 41])
def test_refuses_pixels_too_few_to_scan_or_too_many_to_send(scale):
    with pytest.raises(InvalidInputError):
        qr.png(SHORT, scale=scale)


@pytest.mark.parametrize("records", range(1, 13))
def test_scans_a_real_token_of_up_to_twelve_records(records):
    from datetime import UTC, datetime
    from uuid import uuid4

    from chartkeep.crypto.claims import Claims, new_secret_token
    from chartkeep.crypto.tokens import seal_claims
    from chartkeep.wiring import token_keyring

    claims = Claims(
        patient_uuid=uuid4(),
        record_ids=tuple(uuid4() for _ in range(records)),
        created_at=datetime(2026, 3, 1, tzinfo=UTC),
        expires_at=datetime(2026, 3, 2, tzinfo=UTC),
        jti=new_secret_token(),
        typ="qr",
        iss=str(uuid4()),
    )
    text = "https://chartkeep.example.org/q#" + seal_claims(claims, token_keyring().public_key)
    assert read(opened(qr.png(text, scale=4))) == text
    assert qr.version(text) <= 28
