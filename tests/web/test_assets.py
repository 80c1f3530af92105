"""The built front end: small, complete, named by content, and readable in both themes."""

import gzip
import json
import re

import pytest
from tests.services.browser import ROOT


@pytest.fixture(scope="module")
def manifest(front_end):
    return json.loads((front_end / "manifest.json").read_text())


def imported(front_end, name, seen):
    """The files that a module needs at once: itself and what it imports statically."""
    if name not in seen:
        seen.add(name)
        text = (front_end / name).read_text()
        for other in re.findall(r'(?:from|import)"\./([^"]+)"', text):
            imported(front_end, other, seen)
    return seen


@pytest.mark.parametrize("pages", [["app.js"], ["app.js", "open.js"], ["app.js", "passkeys.js"]], ids=str)
def test_keeps_the_scripts_of_a_first_page_under_100_kilobytes(front_end, manifest, pages):
    names = set()
    for page in pages:
        imported(front_end, manifest[page], names)
    assert sum(len(gzip.compress((front_end / name).read_bytes())) for name in names) < 100_000


def test_loads_the_reader_of_codes_on_the_scan_page_only(front_end, manifest):
    at_once = imported(front_end, manifest["app.js"], set())
    assert not any("zxing" in (front_end / name).read_text() for name in at_once)


def test_names_no_source_map_and_no_other_host(front_end):
    for path in front_end.glob("*.*"):
        if path.suffix in {".js", ".css"}:
            text = path.read_text()
            assert "sourceMappingURL" not in text, path.name
    assert (
        "cdn"
        not in (front_end / json.loads((front_end / "manifest.json").read_text())["app.css"]).read_text()
    )


def test_takes_every_icon_that_a_template_names_from_the_sprite(front_end, manifest):
    sprite = (front_end / manifest["icons.svg"]).read_text()
    templates = (ROOT / "src/chartkeep/web/templates").rglob("*.html")
    text = "\n".join(path.read_text() for path in templates)
    named = set(re.findall(r'(?:c-icon name|icon)="([a-z]+)"', text))
    assert named
    assert not {name for name in named if f'id="{name}"' not in sprite}


def test_lets_every_asset_that_a_template_names_exist(manifest):
    templates = (ROOT / "src/chartkeep/web/templates").rglob("*.html")
    named = {name for path in templates for name in re.findall(r'{% asset "([^"]+)" %}', path.read_text())}
    assert named <= set(manifest)


def test_locks_packages_without_addresses_of_a_registry():
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
    assert [name for name, package in lock["packages"].items() if "integrity" in package]


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def themes():
    text = (ROOT / "assets/app.css").read_text()
    for block in re.findall(r'@plugin "daisyui/theme" {(.*?)\n}', text, flags=re.DOTALL):
        colours = dict(re.findall(r"--color-([a-z0-9-]+): (#[0-9a-f]{6});", block))
        yield re.search(r'name: "(\w+)"', block)[1], colours


@pytest.mark.parametrize(("name", "colours"), list(themes()))
def test_keeps_text_readable_on_its_ground(name, colours):
    pairs = [(tone, f"{tone}-content") for tone in colours if f"{tone}-content" in colours]
    pairs += [(ground, "base-content") for ground in ("base-100", "base-200", "base-300")]
    pairs += [
        (ground, tone)
        for ground in ("base-100", "base-200")
        for tone in ("primary", "error", "success", "warning", "info")
    ]
    assert len(pairs) > 15
    low = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    assert not {pair: ratio for pair, ratio in low.items() if ratio < 4.5}


@pytest.mark.django_db
def test_serves_hashed_files_for_ever_and_compressed(client, settings, front_end, manifest):
    settings.STATIC_ROOT = front_end
    from django.test import Client

    answer = Client().get(f"/static/{manifest['app.css']}", headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert "immutable" in answer["Cache-Control"]
    assert answer["Content-Encoding"] == "gzip"
    assert answer["Content-Type"].startswith("text/css")
    assert "Content-Disposition" not in answer
    assert answer["X-Content-Type-Options"] == "nosniff"
    answer.close()


@pytest.mark.django_db
def test_serves_webassembly_under_its_type(settings, front_end):
    from django.test import Client

    settings.STATIC_ROOT = front_end
    (wasm,) = front_end.glob("*.wasm")
    answer = Client().get(f"/static/{wasm.name}")
    assert answer["Content-Type"] == "application/wasm"
    answer.close()


def test_names_a_file_without_a_hash_before_the_first_build(settings, tmp_path):
    from chartkeep.web.templatetags.chartkeep import asset_url

    settings.STATIC_ROOT = tmp_path
    assert asset_url("app.js") == "/static/app.js"


def test_refuses_a_name_that_the_build_did_not_make(settings, front_end):
    from django.core.exceptions import ImproperlyConfigured

    from chartkeep.web.templatetags.chartkeep import asset_url

    settings.STATIC_ROOT = front_end
    with pytest.raises(ImproperlyConfigured, match="make assets"):
        asset_url("nothing.js")


def test_warns_before_the_first_build_with_the_fix(settings, tmp_path, front_end):
    from chartkeep.web.checks import front_end_is_built

    settings.STATIC_ROOT = tmp_path
    (warning,) = front_end_is_built()
    assert warning.id == "chartkeep.web.W001"
    assert "make assets" in warning.hint
    settings.STATIC_ROOT = front_end
    assert front_end_is_built() == []
