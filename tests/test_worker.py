"""The background work goes on after every kind of failure, and says what is wrong."""

from __future__ import annotations

import asyncio
import errno
import logging
import threading
from typing import Any

import pytest

from pipeline.errors import GitFailed
from pipeline.web import worker


def run(*results: Any) -> list[str]:
    """The trouble after each round of work that fails or succeeds in turn."""
    left = list(results)

    def work() -> None:
        result = left.pop(0)
        if result:
            raise result

    async def whole() -> list[str]:
        bell = worker.Worker("intake", work, 60.0)
        told = []
        task = asyncio.create_task(bell.run())
        while left:
            before = len(left)
            while len(left) == before:
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.02)
            told.append(bell.trouble)
            bell.ring()
        await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return told

    return asyncio.run(whole())


def test_trouble_is_told_and_gone_when_it_works_again(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        told = run(GitFailed("the remote is not there"), None, ValueError("Rosa Test"), None, None)
    assert told[:4] == ["the remote is not there", "", "an unforeseen ValueError; the log has more", ""]
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING][
        1
    ] == "intake: works again"


def test_the_same_trouble_again_and_again_is_logged_once_and_a_full_disk_in_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    full = [OSError(errno.ENOSPC, "No space left on device", "/var/x") for _ in range(5)]
    told = run(*full, *[ValueError("Rosa Test") for _ in range(5)])
    assert set(told[:5]) == {"a file cannot be used (No space left on device); check the disk and the rights"}
    assert [bool(record.exc_info) for record in caplog.records][:2] == [False, True]


@pytest.mark.parametrize("steps", range(6))
def test_it_ends_when_told_to_also_if_the_bell_rings_in_the_same_moment(steps: int) -> None:
    async def whole() -> None:
        bell = worker.Worker("intake", done.set, 60.0)
        task = asyncio.create_task(bell.run())
        await asyncio.to_thread(done.wait)
        await asyncio.sleep(0.05)
        bell.ring()
        for _step in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task], timeout=5)
        assert task.cancelled()

    done = threading.Event()
    asyncio.run(whole())
