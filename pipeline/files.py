"""Durable writes: once a call returns, the file is there whole, also after a power cut; before, it is not there at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import StoreFailed, WriteFailed


def write_new(path: Path, data: bytes) -> bool:
    """Create the file; False (and nothing changed) if it exists. One of several rivals gets True."""
    try:
        with _temporary(path, data) as temporary:
            try:
                os.link(temporary, path)
            except FileExistsError:
                return False
        _sync_folder(path.parent)
    except OSError as error:
        raise _failed(path.parent, error) from error
    return True


def write(path: Path, data: bytes) -> None:
    """Create the file or take the place of the one there."""
    try:
        with _temporary(path, data) as temporary:
            os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise _failed(path.parent, error) from error


def probe(folder: Path, size: int) -> None:
    """Write `size` bytes as durably as anything else, and take them away. Raises WriteFailed."""
    try:
        with _temporary(folder / "probe", bytes(size)):
            pass
    except OSError as error:
        raise _failed(folder, error) from error


def _failed(folder: Path, error: OSError) -> WriteFailed:
    return WriteFailed(f"{folder.name}/ cannot be written ({error.strerror}); check the disk and the rights")


def remove(path: Path) -> None:
    """Take a file away for good; one that is gone already is no fault."""
    try:
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            _sync_folder(path.parent)
    except OSError as error:
        raise _failed(path.parent, error) from error


def remove_folder(folder: Path) -> int:
    """Take a folder away with all that lies in it, half-written files too; how many files there were."""
    if not folder.is_dir():
        return 0
    removed = 0
    for name in sorted(os.listdir(folder)):
        path = folder / name
        if path.is_dir():
            removed += remove_folder(path)
        else:
            remove(path)
            removed += 1
    try:
        os.rmdir(folder)
    except OSError as error:
        raise StoreFailed(f"{folder.name}/ cannot be removed ({error.strerror}); run this again") from error
    return removed


@contextmanager
def _temporary(path: Path, data: bytes) -> Iterator[Path]:
    """Temporary names begin with a dot: nobody lists them as content, and a killed writer's remains harm nobody.

    A write that fails leaves none behind: on a full disk it would take the space that is left.
    """
    make_folder(path.parent)
    temporary = path.parent / f".{secrets.token_hex(8)}.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def names(folder: Path, suffix: str = "") -> list[str]:
    """The names in a folder in order, without what is half-written; none if there is no folder."""
    if not folder.is_dir():
        return []
    return sorted(name for name in os.listdir(folder) if not name.startswith(".") and name.endswith(suffix))
