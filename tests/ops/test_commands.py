"""The command as an operator runs it: a process of its own in a directory of its own."""

import base64
import json
import re
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.services.postgres import postgres
from tests.services.serving import command

pytestmark = pytest.mark.slow
PASSWORD = "plum orchard window 27"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_makes_keys_once_and_for_its_owner_only(data):
    first = command(data, "migrate")
    assert first.returncode == 0, first.stderr
    assert "made new keys" in first.stderr
    assert "keeps keys away from the data" in first.stderr
    keys = {path.name: path.read_bytes() for path in (data / "keys").iterdir()}
    assert set(keys) == {
        "encryption_key", "jwt_signing_key", "rsa_private.pem", "rsa_public.pem", "secret_key"
    }  # fmt: skip
    assert mode(data) == mode(data / "keys") == 0o700
    assert {mode(path) for path in (data / "keys").iterdir()} == {0o600}
    assert len(base64.urlsafe_b64decode(keys["encryption_key"])) == 32
    again = command(data, "migrate")
    assert "made new keys" not in again.stderr
    assert {path.name: path.read_bytes() for path in (data / "keys").iterdir()} == keys


def test_refuses_to_strand_data_whose_key_is_missing(vault):
    assert command(vault, "create-user", "--email", "a@example.org", stdin=PASSWORD + "\n").returncode == 0
    (vault / "keys" / "encryption_key").rename(vault / "elsewhere")
    refused = command(vault, "check")
    assert refused.returncode == 1
    assert "Put the key file back" in refused.stderr
    assert not (vault / "keys" / "encryption_key").exists()
    moved = command(vault, "check", ENCRYPTION_KEY_FILE=str(vault / "elsewhere"))
    assert moved.returncode == 0, moved.stderr


def test_lets_several_first_starts_at_once_make_one_set_of_keys(data):
    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(lambda _: command(data, "migrate"), range(4)))
    assert [(done.returncode, done.stderr) for done in ended if done.returncode] == []
    assert sum("made new keys" in done.stderr for done in ended) == 1
    assert command(data, "check").returncode == 0
    assert not [path.name for path in (data / "keys").iterdir() if path.name.startswith(".")]


def test_makes_a_public_key_again_that_a_crash_left_out(vault):
    public = vault / "keys" / "rsa_public.pem"
    before = public.read_bytes()
    public.unlink()
    assert command(vault, "check").returncode == 0
    assert public.read_bytes() == before


def test_makes_no_new_pair_where_a_private_key_was_lost(vault):
    (vault / "keys" / "rsa_private.pem").unlink()
    refused = command(vault, "check")
    assert refused.returncode == 1
    assert "Put it back" in refused.stderr
    assert not (vault / "keys" / "rsa_private.pem").exists()


def test_keeps_the_database_and_the_objects_for_its_owner(data):
    data.mkdir(mode=0o755)
    command(data, "demo")
    made = [path for path in data.rglob("*") if path.is_file()]
    assert len(made) > 6
    assert [path for path in made if mode(path) & 0o077] == []


def test_makes_no_key_where_it_cannot_see_the_database(data):
    (data / "keys").mkdir(parents=True)
    (data / "chartkeep.sqlite3").write_bytes(b"what a broken disk left of it " * 100)
    refused = command(data, "migrate")
    assert refused.returncode == 1
    assert "Restore it from a backup" in refused.stderr
    assert list((data / "keys").iterdir()) == []


@pytest.mark.services
def test_refuses_to_strand_a_postgresql_database_whose_key_is_missing(tmp_path):
    with postgres(tmp_path / "server") as url:
        first = tmp_path / "first"
        made = command(first, "create-admin", "--email", "a@example.org", stdin=PASSWORD, DATABASE_URL=url)
        assert made.returncode == 0, made.stderr
        refused = command(tmp_path / "second", "check", DATABASE_URL=url)
        assert refused.returncode == 1
        assert "Put the key file back" in refused.stderr
        assert not list((tmp_path / "second").rglob("encryption_key"))
        key = str(first / "keys" / "encryption_key")
        second = command(tmp_path / "second", "check", DATABASE_URL=url, ENCRYPTION_KEY_FILE=key)
        assert second.returncode == 0, second.stderr


@pytest.mark.services
def test_lets_several_nodes_migrate_one_postgresql_database_at_once(tmp_path):
    with postgres(tmp_path / "server") as url, ThreadPoolExecutor(3) as pool:
        ended = list(pool.map(lambda n: command(tmp_path / f"n{n}", "migrate", DATABASE_URL=url), range(3)))
    assert [(done.returncode, done.stderr) for done in ended if done.returncode] == []


def test_refuses_another_key_than_the_databases(vault, tmp_path):
    command(vault, "create-user", "--email", "a@example.org", stdin=PASSWORD + "\n")
    command(vault, "keys", "generate", "--out", str(tmp_path / "other"))
    refused = command(vault, "check", ENCRYPTION_KEY_FILE=str(tmp_path / "other" / "encryption_key"))
    assert refused.returncode == 1
    assert "chartkeep.keyring.E006" in refused.stderr
    assert "ENCRYPTION_KEY_FALLBACKS" in refused.stderr


def test_generates_keys_in_the_policys_formats(data, tmp_path):
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

    out = tmp_path / "keys"
    made = command(data, "keys", "generate", "--out", str(out))
    assert made.returncode == 0, made.stderr
    Fernet((out / "encryption_key").read_bytes())
    private = load_pem_private_key((out / "rsa_private.pem").read_bytes(), None)
    public = load_pem_public_key((out / "rsa_public.pem").read_bytes())
    assert private.key_size == 2048
    assert private.public_key().public_numbers() == public.public_numbers()
    assert (out / "rsa_private.pem").read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")
    assert mode(out / "rsa_private.pem") == mode(out / "encryption_key") == 0o600
    assert f"ENCRYPTION_KEY_FILE={out}/encryption_key" in made.stdout
    assert (out / "encryption_key").read_text() not in made.stdout
    assert not data.exists(), "generating keys needs no vault"
    again = command(data, "keys", "generate", "--out", str(out))
    assert again.returncode == 1
    assert "never overwritten" in again.stderr


def test_encrypts_a_private_key_with_a_passphrase(vault, tmp_path):
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    out = tmp_path / "keys"
    words = ("keys", "generate", "--out", str(out), "--rsa-bits", "3072", "--passphrase-stdin")
    assert command(vault, *words, stdin="hush hush\n").returncode == 0
    pem = (out / "rsa_private.pem").read_bytes()
    assert b"ENCRYPTED" in pem
    assert load_pem_private_key(pem, b"hush hush").key_size == 3072
    good = command(
        vault, "check", RSA_PRIVATE_KEY_PATH=str(out / "rsa_private.pem"), RSA_PRIVATE_KEY_PASSPHRASE="hush hush",
        RSA_PUBLIC_KEY_PATH=str(out / "rsa_public.pem"),
    )  # fmt: skip
    assert good.returncode == 0, good.stderr
    wrong = command(
        vault, "check", RSA_PRIVATE_KEY_PATH=str(out / "rsa_private.pem"), RSA_PRIVATE_KEY_PASSPHRASE="no",
        RSA_PUBLIC_KEY_PATH=str(out / "rsa_public.pem"),
    )  # fmt: skip
    assert wrong.returncode == 1
    assert "chartkeep.sharing.E001" in wrong.stderr


def test_says_which_key_wraps_what(vault):
    command(vault, "create-user", "--email", "a@example.org", "--name", "A Example", stdin=PASSWORD + "\n")
    shown = command(vault, "keys", "status", "--json")
    (status,) = json.loads(shown.stdout)
    assert status["role"] == "primary"
    assert status["vault_keys"] >= 2
    assert status["key_id"] in command(vault, "keys", "status").stdout


def test_makes_people_by_role_with_a_password_from_standard_input(vault):
    for role in ("patient", "clinician", "administrator"):
        made = command(
            vault, "create-user", "--email", f"{role}@example.org", "--role", role, stdin=PASSWORD + "\n"
        )
        assert (made.returncode, made.stdout.strip()) == (0, f"{role}: {role}@example.org")
    twice = command(vault, "create-admin", "--email", "Patient@example.org", stdin=PASSWORD + "\n")
    assert twice.returncode == 1
    assert "an account with this e-mail address already" in twice.stderr


def test_makes_nobody_when_the_name_cannot_be_taken(vault):
    words = ("create-user", "--email", "a@example.org", "--name", "x" * 5000)
    assert command(vault, *words, stdin=PASSWORD).returncode == 1
    assert command(vault, "create-user", "--email", "a@example.org", stdin=PASSWORD).returncode == 0


def test_speaks_json_to_programs(vault):
    words = ("create-user", "--email", "a@example.org", "--role", "clinician", "--generate-password")
    made = json.loads(command(vault, *words, "--json").stdout)
    assert (made["email"], made["role"], len(made["password"])) == ("a@example.org", "clinician", 20)
    found = json.loads(command(vault, "check", "--json").stdout)
    assert ("chartkeep.keyring.W001", False) in {(fact["id"], fact["serious"]) for fact in found}
    refused = command(vault, "check", "--json", EMAIL_URL="nonsense")
    assert refused.returncode == 1
    (error,) = [fact for fact in json.loads(refused.stdout) if fact["serious"]]
    assert error["id"] == "chartkeep.accounts.E004"
    assert "smtp://" in error["fix"]
    assert json.loads(command(vault, "sweep", "--json").stdout)["orphans"] == 0


def test_prints_a_generated_password_once(vault):
    made = command(vault, "create-admin", "--email", "ada@example.org", "--generate-password")
    assert re.search(r"^password: \S{20}  \(shown this once\)$", made.stdout, flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "stdin", "told"),
    [
        (("create-user", "--email", "nobody"), PASSWORD, "e-mail address"),
        (("create-user", "--email", "a@example.org"), "short", "too short"),
        (("create-user", "--email", "a@example.org"), "password123", "too common"),
        (("create-user", "--email", "a@example.org"), "", "password on standard input"),
    ],
)
def test_says_in_one_line_what_is_wrong(vault, words, stdin, told):
    refused = command(vault, *words, stdin=stdin + "\n" if stdin else "")
    assert refused.returncode == 1
    last = refused.stderr.strip().splitlines()[-1]
    assert last.startswith("chartkeep: ")
    assert told in last
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("MAX_UPLOAD_SIZE", "lots", "MAX_UPLOAD_SIZE must be a size"),
        ("ENCRYPTION_KEY_FILE", "/nowhere/key", "ENCRYPTION_KEY_FILE: cannot read"),
        ("DATABASE_URL", "postgres://u:p@127.0.0.1:1/x", "database cannot be used"),
        ("DATABASE_URL", "sqlite:////nowhere/x.sqlite3", "unable to open database file. See DATABASE_URL"),
        ("DATABASE_URL", "mysql://u:p@127.0.0.1/x", "DATABASE_URL must begin with sqlite://"),
        ("BASE_URL", "vault.example.org", "BASE_URL must begin with http:// or https://"),
        ("STORAGE_URL", "ftp://host/x", "STORAGE_URL"),
        ("SIGNUP_MODE", "ajar", "one of invitation, open, closed"),
    ],
)
def test_names_the_setting_that_cannot_be_used(vault, setting, value, told):
    refused = command(vault, "check", **{setting: value})
    assert refused.returncode == 1
    assert told in refused.stderr
    assert "Traceback" not in refused.stderr


def test_ends_wrong_usage_with_status_2(data):
    assert command(data, "fly").returncode == 2
    assert command(data, "create-user").returncode == 2
    assert not data.exists()


def test_makes_set_up_links_only_before_the_first_account(vault):
    link = command(vault, "setup-link")
    assert re.fullmatch(r"http://localhost:8000/setup#[A-Za-z0-9_-]{43}", link.stdout.strip())
    command(vault, "create-admin", "--email", "ada@example.org", stdin=PASSWORD + "\n")
    assert "There are accounts already" in command(vault, "setup-link").stderr
    invited = command(vault, "invite", "--role", "clinician")
    assert re.fullmatch(r"http://localhost:8000/invitation#[A-Za-z0-9_-]{43}", invited.stdout.strip())


def test_tells_a_demo_that_is_encrypted_and_only_once(vault):
    told = command(vault, "demo")
    assert told.returncode == 0, told.stderr
    assert "guardian@demo.example" in told.stdout
    assert "6 of 6" in told.stderr
    stored = [path for path in (vault / "objects").rglob("*") if path.is_file() and path.stat().st_size > 100]
    assert len(stored) == 6
    assert all(path.read_bytes().startswith(b"CKEEP") for path in stored)
    everything = b"".join(path.read_bytes() for path in vault.rglob("*") if path.is_file())
    for word in (b"Mia", b"Haemoglobin", b"Hazelnut", b"Tonsil", b"%PDF", b"Hillside"):
        assert word not in everything
    again = command(vault, "demo")
    assert again.returncode == 1
    assert "already" in again.stderr


def test_sweeps_what_no_record_names(vault):
    command(vault, "demo")
    stored = next(
        path for path in (vault / "objects").rglob("*") if path.is_file() and path.stat().st_size > 100
    )
    orphan = stored.parents[1] / "00" / ("0" * 31 + "1")
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"left over")
    import os

    os.utime(orphan, (0, 0))
    swept = command(vault, "sweep")
    assert swept.returncode == 0, swept.stderr
    assert "Removed 1 objects" in swept.stdout
    assert stored.exists()
    assert not orphan.exists()
