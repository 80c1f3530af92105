"""The readers of the environment: typed, with a fix in every refusal."""

import pytest

from chartkeep.settings import env


@pytest.mark.parametrize(
    ("text", "size"),
    [("5", 5), ("1K", 1024), ("2M", 2 * 2**20), ("5G", 5 * 2**30), ("5 GiB", 5 * 2**30), ("", 7)],
)
def test_reads_sizes_with_units(monkeypatch, text, size):
    monkeypatch.setenv("LIMIT", text)
    assert env.size("LIMIT", 7) == size


@pytest.mark.parametrize("text", ["five", "-1", "5X", "1.5G", "G"])
def test_refuses_what_is_no_size(monkeypatch, text):
    monkeypatch.setenv("LIMIT", text)
    with pytest.raises(env.SettingError, match="LIMIT must be a size"):
        env.size("LIMIT", 7)


@pytest.mark.parametrize(
    ("text", "value"), [("yes", True), ("ON", True), ("0", False), ("off", False), ("", True)]
)
def test_reads_flags(monkeypatch, text, value):
    monkeypatch.setenv("SWITCH", text)
    assert env.flag("SWITCH", default=True) is value


def test_refuses_a_flag_that_is_neither(monkeypatch):
    monkeypatch.setenv("SWITCH", "maybe")
    with pytest.raises(env.SettingError, match="SWITCH must be true or false"):
        env.flag("SWITCH", default=True)


def test_reads_whole_numbers_with_a_least(monkeypatch):
    monkeypatch.setenv("DAYS", "30")
    assert env.whole("DAYS", 1) == 30
    monkeypatch.setenv("DAYS", "0")
    with pytest.raises(env.SettingError, match="at least 1"):
        env.whole("DAYS", 1, least=1)
    monkeypatch.setenv("DAYS", "many")
    with pytest.raises(env.SettingError, match="whole number"):
        env.whole("DAYS", 1)


def test_reads_lists_and_choices(monkeypatch):
    monkeypatch.setenv("HOSTS", " a, b ,,c")
    assert env.words("HOSTS") == ["a", "b", "c"]
    monkeypatch.setenv("MODE", "OPEN")
    assert env.choice("MODE", "closed", of=("open", "closed")) == "open"
    monkeypatch.setenv("MODE", "ajar")
    with pytest.raises(env.SettingError, match="one of open, closed"):
        env.choice("MODE", "closed", of=("open", "closed"))


def test_reads_a_secret_from_a_file(monkeypatch, tmp_path):
    (tmp_path / "secret").write_text("hush\n")
    monkeypatch.setenv("PIN_FILE", str(tmp_path / "secret"))
    assert env.secret("PIN") == "hush"


def test_refuses_a_secret_named_twice(monkeypatch, tmp_path):
    monkeypatch.setenv("PIN", "a")
    monkeypatch.setenv("PIN_FILE", str(tmp_path / "b"))
    with pytest.raises(env.SettingError, match="not both"):
        env.secret("PIN")


def test_says_which_secret_file_cannot_be_read(monkeypatch, tmp_path):
    monkeypatch.setenv("PIN_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(env.SettingError, match=r"PIN_FILE: cannot read .*nowhere"):
        env.secret("PIN")


def test_falls_back_to_the_first_run_file_and_then_to_nothing(monkeypatch, tmp_path):
    monkeypatch.delenv("PIN", raising=False)
    assert env.secret("PIN", fallback_file=tmp_path / "pin") == ""
    (tmp_path / "pin").write_text("made")
    assert env.secret("PIN", fallback_file=tmp_path / "pin") == "made"


def test_gives_a_library_only_the_variables_of_its_prefix(monkeypatch):
    monkeypatch.setenv("AWS_REGION", "eu-1")
    assert env.subset("AWS_")["AWS_REGION"] == "eu-1"
    assert not [name for name in env.subset("AWS_") if not name.startswith("AWS_")]
