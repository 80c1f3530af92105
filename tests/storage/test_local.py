"""What only a directory has: durability, modes, kills, full disks, accounts.

The order of fsync and link is watched by wrapping the functions of ``os``: they still do their work, and each
call is noted. Pulling the plug would show the same, less often.
"""

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from chartkeep.storage import durable
from chartkeep.storage.base import (
    BlobCorrupt,
    BlobExists,
    BlobMissing,
    StorageError,
    StorageFull,
    StorageMisconfigured,
    StorageUnavailable,
)
from chartkeep.storage.local import LocalDirectory

AT_ONCE = timedelta(seconds=-5)
AGE = timedelta(hours=1)
NOBODY = 65534


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def behind(file):
    """The path of an open file."""
    return Path(f"/proc/self/fd/{file}").readlink()


def watch(monkeypatch, root):
    """The acts on the file system, in order, as words."""
    acts = []

    def named(place):
        path = behind(place) if isinstance(place, int) else Path(place)
        inside = path.relative_to(root) if path.is_relative_to(root) else path
        return "PART" if inside.parts[:1] == ("partial",) and len(inside.parts) == 2 else str(inside)

    def wrap(name, note):
        plain = getattr(os, name)

        def noted(*args, **kwargs):
            word = note(*args)
            result = plain(*args, **kwargs)
            acts.append(f"{name} {word}")
            return result

        monkeypatch.setattr(os, name, noted)

    wrap("write", lambda file, _data: named(file))
    wrap("fsync", named)
    wrap("mkdir", lambda path, *_: named(path))
    wrap("link", lambda old, new: f"{named(old)} {named(new)}")
    wrap("unlink", lambda path, *_: named(path))
    return acts


def test_syncs_the_file_then_names_it_then_syncs_the_name(tmp_path, monkeypatch):
    store = LocalDirectory(tmp_path)
    store.put("objects/ab/first", b"makes the directories")
    acts = watch(monkeypatch, tmp_path)
    with store.open_writer("objects/ab/one") as writer:
        writer.write(b"sealed")
        assert acts == ["write PART"]
        writer.commit()
        assert acts == [
            "write PART",
            "fsync PART",
            "link PART objects/objects/ab/one",
            "fsync objects/objects/ab",
            "unlink PART",
        ]


def test_syncs_every_new_directory_into_its_parent_before_the_name(tmp_path, monkeypatch):
    acts = watch(monkeypatch, tmp_path)
    LocalDirectory(tmp_path / "store").put("ab/one", b"sealed")
    before = acts[: acts.index(next(act for act in acts if act.startswith("link")))]
    for made, parent in (
        ("store", "."),
        ("store/partial", "store"),
        ("store/objects", "store"),
        ("store/objects/ab", "store/objects"),
    ):
        assert f"fsync {parent}" in before[before.index(f"mkdir {made}") :]


def test_syncs_directories_that_another_process_made(tmp_path, monkeypatch):
    LocalDirectory(tmp_path).put("ab/cd/one", b"sealed")
    other = LocalDirectory(tmp_path)
    acts = watch(monkeypatch, tmp_path)
    other.put("ab/cd/two", b"sealed")
    before = acts[: acts.index("link PART objects/ab/cd/two")]
    assert {"fsync .", "fsync objects", "fsync objects/ab"} <= set(before)


def test_syncs_the_directory_of_a_deleted_object(tmp_path, monkeypatch):
    store = LocalDirectory(tmp_path)
    store.put("ab/one", b"sealed")
    acts = watch(monkeypatch, tmp_path)
    store.delete("ab/one")
    assert acts == ["unlink objects/ab/one", "fsync objects/ab"]


@pytest.mark.parametrize("broken", ["objects/ab", "PART"])
def test_keeps_nothing_that_may_not_be_durable(tmp_path, monkeypatch, broken):
    store = LocalDirectory(tmp_path)
    store.put("ab/first", b"makes the directories")
    plain = os.fsync

    def fails(file):
        path = behind(file)
        if str(path).endswith(broken) or (broken == "PART" and path.parent.name == "partial"):
            raise OSError(errno.EIO, "broken disk")
        plain(file)

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(StorageUnavailable):
        store.put("ab/one", b"sealed")
    assert files_in(tmp_path) == ["objects/ab/first"]


def test_is_for_its_account_alone_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        store = LocalDirectory(tmp_path / "store")
        store.put("ab/one", b"sealed")
        writer = store.open_writer("ab/two")
        states = [path.stat() for path in [store.root, *store.root.rglob("*")]]
        writer.abort()
    finally:
        os.umask(before)
    assert {oct(state.st_mode) for state in states} == {oct(stat.S_IFDIR | 0o700), oct(stat.S_IFREG | 0o600)}
    assert sum(stat.S_ISREG(state.st_mode) for state in states) == 2


WRITES_FOR_EVER = """
import sys, time
from pathlib import Path
from chartkeep.storage.local import LocalDirectory
writer = LocalDirectory(Path(sys.argv[1])).open_writer("ab/one")
writer.write(b"half" * 100_000)
print("half", flush=True)
time.sleep(60)
"""


@contextmanager
def half_written(root):
    """A process that has written half of an object and waits."""
    child = subprocess.Popen([sys.executable, "-c", WRITES_FOR_EVER, root], stdout=subprocess.PIPE)
    try:
        assert child.stdout.readline() == b"half\n"
        yield child
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def test_shows_nothing_after_a_kill_and_sweeps_what_is_left(tmp_path):
    store = LocalDirectory(tmp_path)
    with half_written(tmp_path) as child:
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert list(store.list()) == []
    with pytest.raises(BlobMissing):
        store.size("ab/one")
    assert len(files_in(tmp_path)) == 1
    assert store.sweep_partial(AGE) == 0
    assert len(files_in(tmp_path)) == 1
    assert store.sweep_partial(AT_ONCE) == 1
    assert files_in(tmp_path) == []


def test_never_sweeps_what_another_process_is_writing(tmp_path):
    store = LocalDirectory(tmp_path)
    with half_written(tmp_path):
        assert store.sweep_partial(AT_ONCE) == 0
        assert len(files_in(tmp_path)) == 1
    assert store.sweep_partial(AT_ONCE) == 1


def test_never_sweeps_what_this_process_is_writing_however_long_it_takes(tmp_path):
    store = LocalDirectory(tmp_path)
    with store.open_writer("one") as writer:
        writer.write(b"slow")
        part = next(path for path in (tmp_path / "partial").iterdir())
        os.utime(part, (0, 0))
        assert store.sweep_partial(AGE) == 0
        writer.commit()
    assert store.read_at("one", 0, 4) == b"slow"


def test_begins_again_when_a_sweeper_takes_its_new_file(tmp_path, monkeypatch):
    import fcntl

    store, plain, swept = LocalDirectory(tmp_path), fcntl.flock, []

    def sweeps_first(file, how):
        if not swept:
            swept.append(behind(file))
            swept[0].unlink()
        plain(file, how)

    monkeypatch.setattr(fcntl, "flock", sweeps_first)
    store.put("one", b"sealed")
    assert swept
    assert store.read_at("one", 0, 6) == b"sealed"


def test_sweeps_nothing_where_nothing_was_ever_written(tmp_path):
    assert LocalDirectory(tmp_path / "new").sweep_partial(AT_ONCE) == 0


def in_child(work):
    """Do ``work`` in a forked process; gives the words it returns."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(reading)
            os.write(writing, work().encode())
        except BaseException as problem:
            os.write(writing, repr(problem).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        words = said.read()
    os.waitpid(child, 0)
    return words


def outcome(act):
    try:
        act()
    except StorageError as problem:
        return f"{type(problem).__name__}: {problem}"
    return "done"


def test_says_that_it_is_full_where_the_system_lets_files_grow_no_more(tmp_path):
    store, most = LocalDirectory(tmp_path), 100_000

    def work():
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        return outcome(lambda: store.put("ab/one", b"x" * (most + 1)))

    assert in_child(work).startswith("StorageFull: There is no room left")
    assert files_in(tmp_path) == []
    store.put("ab/one", b"x" * (most + 1))


@pytest.fixture
def tiny_disk(tmp_path):
    """A file system of one MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], check=False, capture_output=True
    )
    if done.returncode:
        pytest.skip("this account may not mount")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_says_that_a_disk_is_full_and_leaves_nothing_behind(tiny_disk):
    store = LocalDirectory(tiny_disk)
    store.put("ab/kept", b"x" * 1000)
    free = store.free_bytes()
    with pytest.raises(StorageFull, match="make room") as told:
        store.put("ab/one", b"x" * 2**21)
    assert told.value.reason == "full"
    assert files_in(tiny_disk) == ["objects/ab/kept"]
    assert store.free_bytes() == free
    store.put("ab/small", b"x" * 1000)
    assert store.read_at("ab/kept", 0, 2000) == b"x" * 1000


def test_says_that_a_disk_cannot_be_written(tiny_disk):
    store = LocalDirectory(tiny_disk)
    store.put("one", b"sealed")
    subprocess.run(["mount", "-o", "remount,ro", tiny_disk], check=True)
    with pytest.raises(StorageMisconfigured, match="writable"):
        store.put("two", b"sealed")
    with pytest.raises(StorageMisconfigured):
        store.check()
    assert store.read_at("one", 0, 6) == b"sealed"


def test_refuses_to_write_below_the_room_that_has_to_stay(tmp_path):
    store = LocalDirectory(tmp_path, min_free_bytes=2**60)
    with pytest.raises(StorageFull, match="have to stay free"):
        store.put("one", b"sealed")
    assert files_in(tmp_path) == []


def test_refuses_at_once_what_is_announced_to_be_larger_than_the_room(tmp_path):
    store = LocalDirectory(tmp_path)
    with pytest.raises(StorageFull, match="bytes are free"):
        store.open_writer("one", expected_size=2**60)
    assert files_in(tmp_path) == []


def test_names_the_fix_when_another_account_owns_the_directory(tmp_path):
    if os.geteuid():
        tmp_path.chmod(0o500)
        words = outcome(lambda: LocalDirectory(tmp_path / "store").check())
        tmp_path.chmod(0o700)
    else:
        (tmp_path / "store").mkdir(mode=0o755)
        for above in (tmp_path, *list(tmp_path.parents)[:2]):
            above.chmod(0o755)

        def work():
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            return outcome(lambda: LocalDirectory(tmp_path / "store").check())

        words = in_child(work)
    assert words.startswith("StorageMisconfigured")
    assert "writable for the account that runs Chartkeep" in words
    assert str(tmp_path) in words


def test_names_the_fix_when_a_file_stands_in_the_way(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageMisconfigured, match="see that it is there"):
        LocalDirectory(tmp_path / "file" / "store").check()


ACTS_ON_A_LOST_VOLUME = {
    "read": lambda store: store.read_at("ab/kept", 0, 6),
    "open": lambda store: store.open_reader("ab/kept"),
    "size": lambda store: store.size("ab/kept"),
    "delete": lambda store: store.delete("ab/kept"),
    "put": lambda store: store.put("ab/new", b"sealed"),
    "announce": lambda store: store.open_writer("ab/new"),
    "list": lambda store: list(store.list()),
    "list-some": lambda store: list(store.list("ab/")),
    "sweep": lambda store: store.sweep_partial(AT_ONCE),
    "room": lambda store: store.free_bytes(),
    "check": lambda store: store.check(),
}


@pytest.mark.parametrize("act", ACTS_ON_A_LOST_VOLUME)
def test_takes_an_unmounted_volume_for_an_outage(tmp_path, act):
    root = tmp_path / "volume"
    store = LocalDirectory(root)
    store.put("ab/kept", b"sealed")
    root.rename(tmp_path / "elsewhere")
    for bare in (False, True):
        if bare:
            root.mkdir()  # what stands there when nothing is mounted
        with pytest.raises(StorageUnavailable, match="its volume is mounted") as told:
            ACTS_ON_A_LOST_VOLUME[act](store)
        assert str(root) in str(told.value)
    assert list(root.iterdir()) == [], "nothing is written below the mount point"
    root.rmdir()
    (tmp_path / "elsewhere").rename(root)
    assert store.read_at("ab/kept", 0, 6) == b"sealed"
    ACTS_ON_A_LOST_VOLUME[act](store)


@pytest.mark.parametrize("act", ["read", "open", "size", "delete"])
def test_takes_it_for_an_outage_in_a_process_that_began_afterwards(tmp_path, act):
    (tmp_path / "volume").mkdir()
    with pytest.raises(StorageUnavailable, match="its volume is mounted"):
        ACTS_ON_A_LOST_VOLUME[act](LocalDirectory(tmp_path / "volume"))
    assert files_in(tmp_path) == []


def test_lists_only_but_notices_a_volume_that_goes(tmp_path):
    root = tmp_path / "volume"
    LocalDirectory(root).put("ab/kept", b"sealed")
    reads_only = LocalDirectory(root)
    assert [blob.key for blob in reads_only.list()] == ["ab/kept"]
    root.rename(tmp_path / "elsewhere")
    with pytest.raises(StorageUnavailable):
        list(reads_only.list())


def test_goes_away_while_it_is_written(tmp_path):
    root = tmp_path / "volume"
    store = LocalDirectory(root)
    store.put("ab/kept", b"sealed")
    with store.open_writer("ab/one") as writer:
        writer.write(b"half")
        root.rename(tmp_path / "elsewhere")
        root.mkdir()
        with pytest.raises(StorageUnavailable, match="its volume is mounted"):
            writer.commit()
    assert list(root.iterdir()) == []
    assert files_in(tmp_path / "elsewhere" / "objects") == ["ab/kept"]


def test_goes_away_while_it_is_listed(tmp_path):
    root = tmp_path / "volume"
    store = LocalDirectory(root)
    for key in ("ab/one", "cd/two", "ef/three"):
        store.put(key, b"sealed")
    found = store.list()
    assert next(found).key == "ab/one"
    root.rename(tmp_path / "elsewhere")
    with pytest.raises(StorageUnavailable):
        list(found)


def test_says_missing_again_once_the_volume_is_back(tiny_disk):
    store = LocalDirectory(tiny_disk)
    store.put("ab/kept", b"sealed")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", tiny_disk], check=True)
    try:
        with pytest.raises(StorageUnavailable):
            store.size("ab/none")
    finally:
        subprocess.run(["umount", tiny_disk], check=True)
    with pytest.raises(BlobMissing):
        store.size("ab/none")
    assert store.size("ab/kept") == 6


def test_takes_no_key_below_an_object(tmp_path):
    store = LocalDirectory(tmp_path)
    store.put("a", b"sealed")
    with pytest.raises(BlobExists):
        store.put("a/b", b"sealed")
    store.put("c/d", b"sealed")
    with pytest.raises(BlobExists):
        store.put("c", b"sealed")
    assert sorted(blob.key for blob in store.list()) == ["a", "c/d"]
    assert len(files_in(tmp_path)) == 2


def test_follows_no_link_out_of_the_store(tmp_path):
    store = LocalDirectory(tmp_path / "store")
    store.put("one", b"sealed")
    (tmp_path / "outside").write_bytes(b"not ours")
    (tmp_path / "store" / "objects" / "evil").symlink_to(tmp_path / "outside")
    for act in (store.size, store.open_reader):
        with pytest.raises(BlobMissing):
            act("evil")
    with pytest.raises(BlobExists):
        store.put("evil", b"x")
    assert (tmp_path / "outside").read_bytes() == b"not ours"


def test_says_that_an_object_became_shorter_while_it_was_read(tmp_path):
    store = LocalDirectory(tmp_path)
    store.put("one", b"sealed" * 1000)
    with store.open_reader("one") as reader:
        os.truncate(tmp_path / "objects" / "one", 100)
        with pytest.raises(BlobCorrupt) as told:
            reader.read_at(0, 6000)
    assert told.value.reason == "corrupt"


def test_goes_on_reading_what_was_deleted_in_the_meantime(tmp_path):
    store = LocalDirectory(tmp_path)
    store.put("one", b"sealed")
    with store.open_reader("one") as reader:
        store.delete("one")
        assert reader.read_at(0, 6) == b"sealed"


def test_makes_a_directory_again_that_somebody_removed(tmp_path):
    store = LocalDirectory(tmp_path)
    store.put("ab/one", b"sealed")
    store.delete("ab/one")
    (tmp_path / "objects" / "ab").rmdir()
    store.put("ab/two", b"sealed")
    assert store.size("ab/two") == 6


def test_forgets_directories_before_it_remembers_too_many(tmp_path, monkeypatch):
    monkeypatch.setattr(durable, "_MOST_REMEMBERED", 5)
    store = LocalDirectory(tmp_path)
    for number in range(20):
        store.put(f"{number:02}/one", b"sealed")
        assert len(store.directories._known) <= 5
    assert len(list(store.list())) == 20


def test_lists_and_sweeps_while_objects_come_and_go(tmp_path):
    store, over = LocalDirectory(tmp_path), threading.Event()
    store.put("ab/stays", b"sealed")

    def come_and_go():
        rounds = 0
        while not over.is_set():
            store.put("ab/goes", b"sealed")
            store.delete("ab/goes")
            rounds += 1
        return rounds

    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(come_and_go)
        until = time.monotonic() + 1
        try:
            while time.monotonic() < until:
                assert "ab/stays" in {blob.key for blob in store.list()}
                store.sweep_partial(AT_ONCE)
        finally:
            over.set()
        assert coming.result() > 0
    assert files_in(tmp_path) == ["objects/ab/stays"]


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_closes_every_file(tmp_path):
    store = LocalDirectory(tmp_path)
    before = open_files()
    store.put("one", b"sealed")
    store.open_writer("two").abort()
    store.read_at("one", 0, 6)
    store.sweep_partial(AT_ONCE)
    list(store.list())
    store.check()
    with pytest.raises(BlobMissing):
        store.open_reader("two")
    with pytest.raises(BlobExists):
        store.put("one", b"again")
    assert open_files() == before
