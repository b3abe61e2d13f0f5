"""Durable writes: once a call returns, the file is there whole, also after a power cut; before, it is not there at all."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from pipeline.errors import StoreFailed, WriteFailed

TEMPORARY = re.compile(r"\.[0-9a-f]{16}\.tmp")


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
        raise failed(path.parent, error) from error
    return True


def write(path: Path, data: bytes) -> None:
    """Create the file or take the place of the one there."""
    try:
        with _temporary(path, data) as temporary:
            os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise failed(path.parent, error) from error


def probe(folder: Path, size: int) -> None:
    """Write `size` bytes as durably as anything else, and take them away. Raises WriteFailed."""
    try:
        with _temporary(folder / "probe", bytes(size)):
            pass
    except OSError as error:
        raise failed(folder, error) from error


def failed(folder: Path, error: OSError) -> WriteFailed:
    return WriteFailed(f"{folder.name}/ cannot be written ({error.strerror}); check the disk and the rights")


def remove(path: Path) -> None:
    """Take a file away for good; one that is gone already is no fault."""
    try:
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            _sync_folder(path.parent)
    except OSError as error:
        raise failed(path.parent, error) from error


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
    """Temporary names begin with a dot: nobody lists them as content. A write that fails leaves none behind.

    It is locked for as long as its writer lives, so that `unfinished` knows what a killed one left without asking a clock.
    """
    make_folder(path.parent)
    temporary, descriptor = _locked(path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _locked(folder: Path) -> tuple[Path, int]:
    """A new file, and the descriptor that holds its lock. A sweep may come between the two: then another one."""
    while True:
        temporary = folder / f".{secrets.token_hex(8)}.tmp"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        if _lock(descriptor) is not False and os.fstat(descriptor).st_nlink:
            return temporary, descriptor
        os.close(descriptor)
        temporary.unlink(missing_ok=True)


def _lock(descriptor: int) -> bool | None:
    """False: somebody else has it. None: this file system knows no locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


@contextmanager
def alone(*folders: Path) -> Iterator[None]:
    """One process or thread at a time works in these folders; the others wait.

    The folder itself is locked, so nothing is written, and a killed process leaves no lock. A folder that is not there, or
    a file system without locks, stops nobody.
    """
    with ExitStack() as held:
        for folder in sorted(
            {folder.resolve() for folder in folders}
        ):  # everybody in this order: no two wait for each other
            with suppress(OSError):
                descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
                held.callback(os.close, descriptor)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def unfinished(root: Path) -> Iterator[Path]:
    """What killed writers left below a folder, in order: their locks ended with them. What is being written is passed over."""
    return (path for path in _temporaries(root) if _left(path))


def sweep(root: Path) -> int:
    """Remove what killed writers left; how many files there were. Raises StoreFailed."""
    return sum(_left(path, take=True) for path in _temporaries(root))


def _temporaries(root: Path) -> Iterator[Path]:
    for folder, inside, found in os.walk(root):
        inside[:] = sorted(name for name in inside if name != ".git")
        yield from (Path(folder, name) for name in sorted(filter(TEMPORARY.fullmatch, found)))


def _left(path: Path, *, take: bool = False) -> bool:
    """Nobody writes it any more. `take`: removed while it is locked, for its writer may lock it a moment after it was made."""
    try:
        with path.open("rb") as file:
            left = _lock(file.fileno()) is True
            if left and take:
                remove(path)
            return left
    except OSError:  # it is gone, or another user's
        return False


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


def fingerprint(path: Path) -> list[tuple[str, int, int, int]]:
    """Changes when a file is written, or one comes, goes or is written in a folder: names, inodes, sizes, times (ns)."""
    try:
        here = os.scandir(path) if path.is_dir() else None
        found = [(entry.name, entry.stat()) for entry in here] if here else [(path.name, path.stat())]
    except FileNotFoundError:
        return []
    return sorted((name, info.st_ino, info.st_size, info.st_mtime_ns) for name, info in found)
