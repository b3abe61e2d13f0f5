"""A write is whole or not there; one that fails leaves nothing behind."""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pipeline import durable
from pipeline.errors import WriteFailed
from tests import steps

FAULTS = [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS]


@pytest.mark.parametrize("code", FAULTS)
@pytest.mark.parametrize("step", ["open", "fsync", "link", "replace"])
@pytest.mark.parametrize("write", [durable.write, durable.write_new])
def test_a_write_that_fails_at_any_step_says_why_and_leaves_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, step: str, write: Callable[[Path, bytes], object]
) -> None:
    untouched = getattr(os, step)

    def failing(*arguments: Any, **named: Any) -> Any:
        if step == "open" and not str(arguments[0]).endswith(".tmp"):
            return untouched(*arguments, **named)
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, step, failing)
    if (write, step) in ((durable.write, "link"), (durable.write_new, "replace")):
        write(tmp_path / "name", b"x")
        return
    with pytest.raises(WriteFailed, match=os.strerror(code)):
        write(tmp_path / "name", b"x")
    assert list(tmp_path.iterdir()) == []


def test_a_probe_leaves_nothing_and_says_what_a_write_would_say(tmp_path: Path) -> None:
    durable.probe(tmp_path / "inbox", 1000)
    assert list((tmp_path / "inbox").iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(WriteFailed, match="file/ cannot be written"):
        durable.probe(tmp_path / "file", 1)


def test_a_sweep_removes_what_a_killed_writer_left_and_nothing_that_is_being_written(tmp_path: Path) -> None:
    killed = partial(durable.write, tmp_path / "cases/x/private/submission.json", b"rosa@example.org")
    moments = steps.run(killed)[1]
    left = 0
    for moment in range(1, moments + 1):
        steps.run(killed, moment)
        found = [path for path in tmp_path.rglob(".*.tmp") if b"rosa" in path.read_bytes()]
        assert list(durable.unfinished(tmp_path)) == found
        with durable._temporary(tmp_path / "inbox/name", b"alive") as alive:
            assert durable.sweep(tmp_path) == len(found)
            assert list(tmp_path.rglob(".*.tmp")) == [alive]
        left += len(found)
    assert left > 0


def test_a_sweep_asks_no_clock(tmp_path: Path) -> None:
    for name, age in (("old", -1_000_000), ("new", 0), ("of tomorrow", 1_000_000)):
        path = tmp_path / f".{secrets.token_hex(8)}.tmp"
        path.write_text(name)
        os.utime(path, (time.time() + age,) * 2)
    (tmp_path / ".of-another-program.tmp").touch()
    assert durable.sweep(tmp_path) == 3
    assert [path.name for path in tmp_path.iterdir()] == [".of-another-program.tmp"]


def test_what_is_swept_is_removed_while_it_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else its writer could lock it in between, and lose it."""
    left = tmp_path / ".0123456789abcdef.tmp"
    left.touch()
    seen: list[bool | None] = []

    def removing(path: Path) -> None:
        with path.open("rb") as file:
            seen.append(durable._lock(file.fileno()))
        path.unlink()

    monkeypatch.setattr(durable, "remove", removing)
    assert durable.sweep(tmp_path) == 1
    assert seen == [False]


def test_writers_and_sweepers_at_once_lose_no_write(tmp_path: Path) -> None:
    def write(number: int) -> bool:
        durable.sweep(tmp_path)
        return durable.write_new(tmp_path / f"{number}.json", b"x")

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(write, range(300)))
    assert len(durable.names(tmp_path)) == 300
    assert len(os.listdir(tmp_path)) == 300
