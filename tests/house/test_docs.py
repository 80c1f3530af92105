"""The documents say what is there: nothing undocumented, nothing invented."""

import ast
import re
from pathlib import Path

from chartkeep.audit.tags import Tag

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "docs" / "selfhost" / "settings.md").read_text(encoding="utf-8")


def environment_names() -> set[str]:
    tree = ast.parse((ROOT / "src" / "chartkeep" / "settings" / "flat.py").read_text(encoding="utf-8"))
    return {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "env"
        and node.func.attr != "subset"
    }


def test_every_setting_is_in_the_table_of_settings_and_nothing_else():
    documented = set(re.findall(r"^\| `([A-Z_]+)`", SETTINGS, flags=re.MULTILINE))
    assert documented == environment_names()


def test_the_readme_names_only_settings_that_exist():
    assert set(re.findall(r"^\| `([A-Z_]+)`", README, flags=re.MULTILINE)) <= environment_names()


def test_every_audit_tag_is_explained():
    page = (ROOT / "docs" / "dev" / "audit-events.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([a-z_:]+)`", page, flags=re.MULTILINE)) == {tag.value for tag in Tag}


def test_every_command_is_in_the_operators_guide():
    from chartkeep.ops.cli import command_names

    page = (ROOT / "docs" / "selfhost" / "commands.md").read_text(encoding="utf-8")
    assert not [name for name in command_names() if f"chartkeep {name}" not in page]


def test_every_make_target_is_in_the_contributors_guide():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*##", makefile, flags=re.MULTILINE))
    assert targets
    assert not [target for target in targets if f"make {target}" not in guide + README]


def test_links_between_documents_lead_somewhere():
    broken = []
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)} → {target}")
    assert not broken
