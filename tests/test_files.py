"""A write is whole or not there; one that fails leaves nothing behind."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline import files
from pipeline.errors import WriteFailed

FAULTS = [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS]


@pytest.mark.parametrize("code", FAULTS)
@pytest.mark.parametrize("step", ["open", "fsync", "link", "replace"])
@pytest.mark.parametrize("write", [files.write, files.write_new])
def test_a_write_that_fails_at_any_step_says_why_and_leaves_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, step: str, write: Callable[[Path, bytes], object]
) -> None:
    untouched = getattr(os, step)

    def failing(*arguments: Any, **named: Any) -> Any:
        if step == "open" and not str(arguments[0]).endswith(".tmp"):
            return untouched(*arguments, **named)
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, step, failing)
    if (write, step) in ((files.write, "link"), (files.write_new, "replace")):
        write(tmp_path / "name", b"x")
        return
    with pytest.raises(WriteFailed, match=os.strerror(code)):
        write(tmp_path / "name", b"x")
    assert list(tmp_path.iterdir()) == []


def test_a_probe_leaves_nothing_and_says_what_a_write_would_say(tmp_path: Path) -> None:
    files.probe(tmp_path / "inbox", 1000)
    assert list((tmp_path / "inbox").iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(WriteFailed, match="file/ cannot be written"):
        files.probe(tmp_path / "file", 1)
