"""The house rules that a linter cannot say, each with its reason."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "chartkeep"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}
FLOWS = [path for path in MODULES if path.parent.name == "flows" and path.name != "__init__.py"]


def name(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def test_modules_stay_short_enough_to_read_at_once():
    long = {name(path): lines for path in MODULES if (lines := len(path.read_text().splitlines())) > 400}
    assert not long


def test_functions_stay_short_enough_to_hold_in_mind():
    long = {
        f"{name(path)}:{node.name}": length
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and (length := node.end_lineno - node.lineno + 1) > 50
    }
    assert not long


def test_no_assert_guards_anything_because_python_dash_o_removes_it():
    found = [
        f"{name(path)}:{node.lineno}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
    ]
    assert not found


def test_nothing_is_left_unfinished():
    marks = re.compile(r"TODO|FIXME|XXX|NotImplementedError|HACK")
    assert not [name(path) for path in MODULES if marks.search(path.read_text())]


def test_no_room_is_called_utils_because_everything_would_end_up_in_it():
    assert not [name(path) for path in MODULES if path.stem in {"utils", "util", "helpers", "misc", "common"}]


@pytest.mark.parametrize("path", FLOWS, ids=name)
def test_flows_take_keywords_and_never_a_request_or_a_form(path):
    for node in TREES[path].body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            arguments = [argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)]
            assert not {"request", "form"} & set(arguments) or path.parts[-3] == "sharing", node.name
            assert not any("HttpRequest" in ast.unparse(argument) for argument in node.args.kwonlyargs)
            assert not node.args.args, f"{node.name} takes positional arguments"


def test_only_settings_reads_the_environment():
    found = [
        f"{name(path)}:{node.lineno}"
        for path, tree in TREES.items()
        if path.parent.name != "settings"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"} and not _sets_only(path)
    ]
    assert not found


def _sets_only(path: Path) -> bool:
    """The command line and the WSGI entry write DATA_DIR and DJANGO_SETTINGS_MODULE before Django starts."""
    return name(path) in {"ops/cli.py", "wsgi.py", "ops/commands/serve.py", "ops/processes.py"}


def test_the_database_is_never_asked_for_raw_sql_built_from_strings():
    found = [
        f"{name(path)}:{node.lineno}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"raw", "extra", "execute"}
        and node.args
        and isinstance(node.args[0], ast.JoinedStr)
    ]
    assert not found


def test_plaintext_never_meets_a_temporary_file():
    found = [name(path) for path in MODULES if re.search(r"\btempfile\b|TemporaryFile", path.read_text())]
    assert not found


def test_every_public_function_of_the_domain_says_what_it_does():
    rooms = {"crypto", "storage", "keyring", "audit", "accounts", "records", "sharing", "lib"}
    silent = [
        f"{name(path)}:{node.name}"
        for path, tree in TREES.items()
        if path.relative_to(SOURCE).parts[0] in rooms
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not silent
