"""Kill an act with SIGKILL at its first step, its second, and so on until it passes; look at what is left.

Run as a program, with the environment of a deployment whose database is empty:

    python -m tests.services.fault_points upload

Steps are everything that leaves a trace outside the process: each SQL statement and commit, each call of the
storage's writer, each fsync, link and rename; with a kill before it and one behind it. Each try is a process of
its own, forked before anything of it was opened, and so is each look afterwards. Nothing in the product knows of
this: the steps are counted by wrapping from outside. Prints JSON: how many tries were killed, and every problem. ``CRASH_BODY_BYTES`` sets the size of the files.
"""

import functools
import io
import json
import os
import signal
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

BODY_BYTES = int(os.environ.get("CRASH_BODY_BYTES", "100000"))
PIECE_BYTES = max(40_000, BODY_BYTES // 12)
_BODY = (b"sealed while it comes in " * (BODY_BYTES // 25 + 1))[:BODY_BYTES]
CONTENT = b"%PDF-1.7\n" + _BODY
NEWER = b"%PDF-2.0\n" + _BODY
MOST_STEPS = 2000
AT_ONCE = timedelta(seconds=-5)  # whatever the clocks and their rounding: everything is old enough


class Countdown:
    """Kills this process at the n-th step."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def tick(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def wrap(self, owner: object, name: str) -> None:
        """Make each call of ``owner.name`` two steps."""
        plain = getattr(owner, name)

        @functools.wraps(plain)
        def stepped(*args, **kwargs):
            self.tick()
            result = plain(*args, **kwargs)
            self.tick()
            return result

        setattr(owner, name, stepped)


def arm(steps: int) -> None:
    """Count every step from here on."""
    from django.db import connections
    from django.db.backends.utils import CursorWrapper

    from chartkeep.wiring import blob_store

    countdown = Countdown(steps)
    store = blob_store()
    with store.open_writer("probe") as writer:
        kind = type(writer)
    for owner, names in (
        (os, ("fsync", "fdatasync", "link", "rename", "replace", "unlink", "ftruncate", "mkdir")),
        (kind, ("write", "commit", "abort")),
        (type(store), ("delete",)),
        (CursorWrapper, ("execute",)),
        (type(connections["default"]), ("_commit", "_savepoint_commit")),
    ):
        for name in names:
            if hasattr(owner, name):
                countdown.wrap(owner, name)


def forked(work) -> tuple[int, str]:
    """Do ``work`` in a process of its own: how it ended (an exit status or a negative signal), what it said."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        status = 1
        try:
            with os.fdopen(writing, "w") as out:
                print(json.dumps(work()), file=out)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as said:
        text = said.read()
    _, ending = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(ending), text


def prepare(act: str) -> dict:
    """A migrated database with Alice, her child and a record that was acknowledged; one more in the trash."""
    from django.core.management import call_command
    from tests.cast import make_patient, make_person

    from chartkeep.records.flows.trash import trash

    call_command("migrate", verbosity=0)
    alice = make_person("alice")
    child = make_patient(alice, "Carl Example")
    kept = _upload(alice.id, child.id)
    doomed = _upload(alice.id, child.id)
    trash(actor=alice.actor, record=doomed)
    return {
        "act": act,
        "alice": str(alice.id),
        "child": str(child.id),
        "kept": str(kept),
        "doomed": str(doomed),
    }


def _actor(user):
    from uuid import UUID

    from chartkeep.lib.actor import Actor

    return Actor.person(UUID(str(user)))


def _upload(user, patient):
    from uuid import UUID

    from chartkeep.records.flows.upload import upload

    return upload(
        actor=_actor(user), patient=UUID(str(patient)), content=_Slow(CONTENT), file_name="a.pdf"
    ).id


class _Slow(io.BytesIO):
    """Gives a body in pieces as a network does."""

    def read(self, size=-1):
        return super().read(min(size, PIECE_BYTES))


def act(facts: dict, steps: int) -> str:
    """One try, to be killed at the step; gives the id of what was acknowledged."""
    from uuid import UUID

    from chartkeep.records.flows.erase import erase
    from chartkeep.records.flows.replace import replace

    if facts["act"] == "upload":
        arm(steps)
        return str(_upload(facts["alice"], facts["child"]))
    if facts["act"] == "replace":
        arm(steps)
        content = _Slow(NEWER)
        view = replace(
            actor=_actor(facts["alice"]), record=UUID(facts["kept"]), content=content, file_name="b.pdf"
        )
        return f"{view.id}/{view.version.number}"
    doomed = _doomed(facts)
    arm(steps)
    erase(actor=_actor(facts["alice"]), record=doomed)
    return "erased"


def _doomed(facts):
    """The record that is to be erased; a new one when a try was killed too late to leave it."""
    from uuid import UUID

    from chartkeep.records.flows.trash import trash
    from chartkeep.records.models import Record

    found = Record.objects.exclude(trashed_at=None).first()
    if found:
        return found.uuid
    record = _upload(facts["alice"], facts["child"])
    trash(actor=_actor(facts["alice"]), record=UUID(str(record)))
    return record


def look(facts: dict, acknowledged: str, folder: str) -> list[str]:
    """What is wrong after a try: nothing may be lost, half-written or left over."""
    from chartkeep.audit.models import LogEntry
    from chartkeep.records.models import Record, RecordVersion

    problems = _unreadable(facts)
    if acknowledged and facts["act"] != "erase":
        record, _, number = acknowledged.partition("/")
        if not RecordVersion.objects.filter(record=record, number=number or 1).exists():
            problems.append(f"{acknowledged} was acknowledged and is lost")
    logged = LogEntry.objects.filter(tag__in=["record:upload", "record:replace"]).count()
    erased = LogEntry.objects.filter(tag="record:erase").count()
    if logged != RecordVersion.objects.count() + erased:
        problems.append("the log does not match the rows")
    if Record.objects.filter(versions=None).exists():
        problems.append("a record has no version")
    return problems + _left_over(folder)


def _left_over(folder: str) -> list[str]:
    """What a sweep leaves behind that no row names."""
    from chartkeep.records.flows.sweep import sweep
    from chartkeep.records.models import Arrival, RecordVersion
    from chartkeep.records.objects import object_of
    from chartkeep.wiring import blob_store

    sweep(older_than=AT_ONCE)
    problems, named = [], set(RecordVersion.objects.values_list("object_uuid", flat=True))
    if {object_of(blob.key) for blob in blob_store().list()} != named:
        problems.append("objects and rows differ after the sweep")
    if blob_store().sweep_partial(AT_ONCE):
        problems.append("an unfinished upload is left over in the storage")
    if Arrival.objects.exists():
        problems.append("an arrival is left over")
    if folder and sum(path.is_file() for path in Path(folder).rglob("*")) != len(named):
        problems.append("files are left over in the storage")
    return problems


def _unreadable(facts: dict) -> list[str]:
    from chartkeep.records.flows.read import read
    from chartkeep.records.models import RecordVersion

    problems = []
    for row in RecordVersion.objects.all():
        try:
            content = read(actor=_actor(facts["alice"]), record=row.record_id, version=row.number)
            if b"".join(content.stream) not in {CONTENT, NEWER}:
                problems.append(f"{row} has another content")
        except Exception as problem:
            problems.append(f"{row} cannot be read: {problem!r}")
    if not RecordVersion.objects.filter(record=facts["kept"], number=1).exists():
        problems.append("the record that was there before is lost")
    return problems


def run(name: str, folder: str) -> dict:
    """All tries of one act."""
    status, said = forked(lambda: prepare(name))
    if status:
        return {"killed": 0, "problems": [f"prepare ended with {status}"]}
    facts, problems = json.loads(said), []
    for step in range(1, MOST_STEPS):
        ending, said = forked(lambda: act(facts, step))  # noqa: B023 - done before the next turn
        acknowledged = json.loads(said) if said.strip() else ""
        status, found = forked(lambda: look(facts, acknowledged, folder))  # noqa: B023 - as above
        if status:
            problems.append(f"step {step}: the look ended with {status}")
        problems += [f"step {step}: {problem}" for problem in json.loads(found or "[]")]
        if ending == 0:
            return {"killed": step - 1, "problems": problems}
        if ending != -signal.SIGKILL:
            return {"killed": step - 1, "problems": [*problems, f"step {step} ended with {ending}"]}
    return {"killed": MOST_STEPS, "problems": [*problems, "it never came to its end"]}


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chartkeep.settings.flat")
    django.setup()
    folder = os.environ["STORAGE_URL"].removeprefix("file://")
    found = run(sys.argv[1], folder if Path(folder).is_absolute() else "")
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    tempfile.tempdir = os.environ.get("TMPDIR")
    main()
