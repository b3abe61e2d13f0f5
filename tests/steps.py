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


def _wrapped(function: Callable[..., Any], step: Callable[[bool], None]) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        step(False)
        result = function(*arguments, **named)
        step(True)
        return result

    return call


def _child(work: Callable[[], object], stop_at: int, report: int) -> None:
    """Counts two moments a step, before and after; dies at moment `stop_at` (from 1; 0: never)."""
    moment = 0

    def step(_after: bool) -> None:
        nonlocal moment
        moment += 1
        if moment == stop_at:
            os._exit(KILLED)

    for owner, name in STEPS:
        setattr(owner, name, _wrapped(getattr(owner, name), step))

    def leave(kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        if error:
            os.write(report, "".join(traceback.format_exception(kind, error, trace)).encode()[-3000:])
        os.write(report, f"\nmoments {moment}".encode())
        os._exit(1 if error else 0)

    with contextlib.ExitStack() as stack:
        stack.push(leave)
        work()


def run(work: Callable[[], object], stop_at: int = 0) -> tuple[int, int, str]:
    """(exit code, how many moments it had, what it said); KILLED if it died at `stop_at`."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _child(work, stop_at, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    _pid, status = os.waitpid(child, 0)
    moments = int(said.rpartition("moments ")[2] or 0) if "moments " in said else 0
    return os.waitstatus_to_exitcode(status), moments, said
