"""Where nothing can be written any more, the server says so, keeps no remains, and goes on with what needs no disk."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from pipeline import durable
from pipeline.errors import WriteFailed
from pipeline.forms import json_schema
from pipeline.settings import Settings
from pipeline.web import wiring, write_probe
from pipeline.web.rate_limit import Limits
from pipeline.web.write_probe import FRESH, HANGS, SIZE, Writable
from tests.support import CONCEPTS, Process, filled, free_port, served, serving, until

WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
SMALL_FILES = ["sh", "-c", 'ulimit -f 8 && exec "$@"', "sh"]  # 4 KB
DISKS = {"full": "size=4m", "no inodes": "nr_inodes=150", "read-only": "size=50m"}


def can_mount(folder: Path) -> bool:
    """The kinds of disk are real where this may mount one; rights and the size of files stand in for them elsewhere."""
    done = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], capture_output=True, check=False)
    return done.returncode == 0 and subprocess.run(["umount", folder], check=False).returncode == 0


@contextmanager
def disk(folder: Path, options: str) -> Iterator[None]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def remount(folder: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", folder], check=True)


def exhaust(folder: Path, kind: str) -> Callable[[], None]:
    """What undoes it."""
    if kind == "read-only":
        remount(folder, "ro")
        return lambda: remount(folder, "rw")
    filler = folder / "filler"
    filler.mkdir()
    with suppress(OSError):
        for number in range(100_000):
            (filler / str(number)).write_bytes(b"x" * (4096 if kind == "full" else 0))
    return lambda: shutil.rmtree(filler)


def fails(really: bool) -> None:
    if really:
        raise WriteFailed("b is full")


def posted(server: Process, number: int) -> requests.Response:
    value = filled(json_schema.PORTFOLIO, CONCEPTS, id=f"{number:032x}")
    return requests.post(f"{server.url}/submissions", json=value, timeout=30)


def says_so_and_serves_the_rest(server: Process, status: str, reason: str) -> None:
    assert posted(server, 2).status_code == 503
    health, ready = (requests.get(f"{server.url}/{name}", timeout=30) for name in ("health", "ready"))
    assert (health.status_code, ready.status_code) == (200, 503)
    for told in (health.json(), ready.json()):
        assert (told["accepting"], reason in told["reason"]) == (False, True), told
    page = requests.get(server.url + status, timeout=30)
    assert (page.status_code, status.split("/")[2] in page.text) == (200, True)
    assert requests.get(f"{server.url}/certificates/", timeout=30).ok


def remains(settings: Settings) -> list[Path]:
    return list(settings.var.rglob(".*.tmp"))


def begin(settings: Settings, and_then: Callable[[Process, str], None] = lambda _server, _status: None) -> str:
    """The path of a status page, from a server while all was well."""
    with served(settings) as server:
        assert requests.get(f"{server.url}/ready", timeout=30).status_code == 200
        status = str(posted(server, 1).json()["status"])
        and_then(server, status)
    return status


def works_again(server: Process) -> None:
    until(lambda: requests.get(f"{server.url}/ready", timeout=30).ok, 30)
    assert posted(server, 3).status_code == 201


@pytest.fixture
def own(site: Settings, tmp_path: Path) -> Settings:
    (tmp_path / "var").mkdir()
    return replace(site, var=tmp_path / "var", records=tmp_path / "var/records")


def test_a_restart_without_the_right_to_write_serves_site_and_status_pages_and_says_why_nothing_is_accepted(
    own: Settings,
) -> None:
    status = begin(own)
    durable.sweep(own.var)  # what the end of that server broke off is not what a failed write leaves
    folders = [own.var, *(path for path in own.var.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o500)
    try:
        with served(own, prefix=WITHOUT_RIGHTS) as server:
            says_so_and_serves_the_rest(server, status, os.strerror(errno.EACCES))
            for folder in folders:
                folder.chmod(0o700)
            works_again(server)
            until(lambda: remains(own) == [])  # the mail of the last post may be on its way
    finally:
        for folder in folders:
            folder.chmod(0o700)


def test_a_server_whose_own_log_cannot_be_written_starts_and_works(own: Settings) -> None:
    with served(own, prefix=["sh", "-c", 'exec "$@" >/dev/full 2>&1', "sh"]) as server:
        assert posted(server, 1).status_code == 201


@pytest.mark.long
def test_a_restart_where_no_file_can_grow_serves_site_and_status_pages(own: Settings) -> None:
    status = begin(own)
    with served(own, prefix=SMALL_FILES) as server:
        says_so_and_serves_the_rest(server, status, os.strerror(errno.EFBIG))
    assert remains(own) == []


@pytest.mark.long
def test_a_real_disk_that_is_full_or_has_no_inodes_or_is_read_only_is_told_before_and_after_a_restart(
    own: Settings,
) -> None:
    reasons = {"full": errno.ENOSPC, "no inodes": errno.ENOSPC, "read-only": errno.EROFS}
    kinds = DISKS if can_mount(own.var) else {}
    for kind, options in kinds.items():
        reason = os.strerror(reasons[kind])
        with disk(own.var, options):
            undo: list[Callable[[], None]] = []

            def broken(server: Process, status: str, kind: str = kind, reason: str = reason) -> None:
                undo.append(exhaust(own.var, kind))  # noqa: B023 - called at once
                says_so_and_serves_the_rest(server, status, reason)

            status = begin(own, broken)
            with served(own) as server:
                says_so_and_serves_the_rest(server, status, reason)
                assert remains(own) == []
                undo[0]()
                works_again(server)
            assert remains(own) == []
            assert "Traceback" not in server.log.read_text("utf-8")


@pytest.mark.parametrize("full", ["", "records"], ids=["everything", "the records alone"])
def test_while_a_disk_is_full_it_is_not_ready_and_what_is_kept_already_is_answered_with_its_receipt(
    own: Settings, monkeypatch: pytest.MonkeyPatch, full: str
) -> None:
    port, whole, room = free_port(), durable._temporary, [True]

    def temporary(path: Path, data: bytes) -> AbstractContextManager[Path]:
        if not room[0] and path.is_relative_to(own.var / full):
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(path, data)

    monkeypatch.setattr(durable, "_temporary", temporary)
    monkeypatch.setattr(write_probe, "FRESH", 0.2)
    running = wiring.local(own, Limits(), f"http://127.0.0.1:{port}")
    with serving(running.app, port) as url:

        def post(kind: str, about: str, **more: Any) -> requests.Response:
            return requests.post(f"{url}/submissions", json=filled(kind, about, **more), timeout=30)

        def ready() -> int:
            return requests.get(f"{url}/ready", timeout=30).status_code

        assert ready() == 200
        known = [(json_schema.SELF_ASSESSMENT, CONCEPTS, "a" * 32), (json_schema.PORTFOLIO, CONCEPTS, "b" * 32)]
        first = [post(kind, about, id=draft).json() for kind, about, draft in known]
        until(lambda: not list((own.records / "inbox").glob("*.json")))
        room[0] = False
        assert [post(kind, about, id="c" * 32).status_code for kind, about, _draft in known] == [503, 503]
        for number in range(3):
            again = [post(kind, about, id=draft) for kind, about, draft in known]
            assert [answer.status_code for answer in again] == [201, 201]
            assert [answer.json()["status"] for answer in again] == [told["status"] for told in first]
            assert post(json_schema.CONTACT, "complaint", id=f"{number:032}").status_code == (201 if full else 503)
            assert ready() == 503
            time.sleep(0.25)
        room[0] = True
        until(lambda: ready() == 200)
        assert post(*known[0][:2], id="c" * 32).status_code == 201


def test_a_probe_is_believed_for_a_while_and_a_probe_tries_as_much_as_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, probes = [0.0], list[int]()
    monkeypatch.setattr(write_probe, "probe", lambda _folder, size: probes.append(size))
    here = Writable((tmp_path,), lambda: now[0])
    assert [here.trouble() for _ in range(50)] == [""] * 50
    assert probes == [SIZE]
    here.failed(WriteFailed("full"), 3_000_000)
    assert [here.trouble() for _ in range(50)] == ["full"] * 50
    now[0] += FRESH
    assert [here.trouble() for _ in range(50)] == [""] * 50
    assert probes == [SIZE, 3_000_000]
    monkeypatch.setattr(write_probe, "probe", lambda folder, _size: fails(folder == tmp_path / "b"))
    here = Writable((tmp_path / "a", tmp_path / "b"), lambda: now[0])
    assert here.trouble() == "b is full"
    monkeypatch.setattr(write_probe, "probe", lambda _folder, _size: None)
    now[0] += FRESH
    assert here.trouble() == ""
    here._until = None
    with here._probing:
        here._begun = now[0]
        assert here.trouble() == ""
        now[0] += HANGS + 1
        assert here.trouble() == "a write does not end; check the disk"
