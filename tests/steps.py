"""Ends a process before or after the n-th thing it does to the world: every write, removal, Git command, request, word by mail.

The child is forked, so that hundreds of deaths cost seconds. os._exit runs no `finally`: it is as sudden as a power cut,
except for what the machine had not yet written, which fsync is for (and each fsync is a step too).
"""

from __future__ import annotations

import contextlib
import os
import smtplib
import subprocess
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

KILLED = 137
STEPS: tuple[tuple[Any, str], ...] = (
    (os, "link"),
    (os, "replace"),
    (os, "unlink"),
    (os, "rmdir"),
    (os, "mkdir"),
    (os, "fsync"),
    (subprocess, "run"),
    (requests.Session, "request"),
    *((smtplib.SMTP, name) for name in ("connect", "mail", "rcpt", "data", "quit")),
)


OUTSIDE = (requests.Session, smtplib.SMTP)  # what these change cannot be seen in a folder


def _wrapped(function: Callable[..., Any], step: Callable[[bool], None], outside: bool) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        told = outside and "GET" not in arguments[1:2]  # a question changes nothing, there or here
        step(told)
        result = function(*arguments, **named)
        step(told)
        return result

    return call


def _child(work: Callable[[], object], stop_at: int, report: int, folder: Path | None) -> None:
    """Counts two moments a step, before and after; dies at moment `stop_at` (from 1; 0: never)."""
    moment, other, seen = 0, [], _seen(folder)

    def step(outside: bool) -> None:
        nonlocal moment, seen
        moment += 1
        if moment == stop_at:
            os._exit(KILLED)
        now = _seen(folder)
        if outside or now != seen:
            other.append(moment)
        seen = now

    for owner, name in STEPS:
        setattr(owner, name, _wrapped(getattr(owner, name), step, owner in OUTSIDE))

    def leave(kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        if error:
            os.write(report, "".join(traceback.format_exception(kind, error, trace)).encode()[-3000:])
        os.write(report, f"\nother {' '.join(map(str, other))}\nmoments {moment}".encode())
        os._exit(1 if error else 0)

    with contextlib.ExitStack() as stack:
        stack.push(leave)
        work()


def _seen(folder: Path | None) -> list[tuple[str, int, int, int]]:
    """What lies there, and whether it has changed."""
    found = []
    for root, _folders, names in os.walk(folder) if folder else ():
        found.append((root, 0, 0, 0))
        for name in names:
            info = os.stat(os.path.join(root, name))
            found.append((os.path.join(root, name), info.st_ino, info.st_size, info.st_mtime_ns))
    return sorted(found)


def deaths(work: Callable[[], object], folder: Path) -> list[int]:
    """The moments of a run at which to die: all of them, but for those that are the same death as at the moment before.

    These are the moments at which nothing in `folder` has changed since, and another machine was told nothing.
    """
    code, moments, said = run(work, folder=folder)
    assert code == 0, said
    other = [int(word) for word in said.rpartition("\nother ")[2].partition("\n")[0].split()]
    return sorted({1, *other, moments})


def run(work: Callable[[], object], stop_at: int = 0, folder: Path | None = None) -> tuple[int, int, str]:
    """(exit code, how many moments it had, what it said); KILLED if it died at `stop_at`."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _child(work, stop_at, writing, folder)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    _pid, status = os.waitpid(child, 0)
    moments = int(said.rpartition("moments ")[2] or 0) if "moments " in said else 0
    return os.waitstatus_to_exitcode(status), moments, said
