"""What GitHub said to wait holds for the next run as well, which an arriving comment may start a minute later.

The moment lies in the records, where everything that asks GitHub looks first: no request is made before it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.cases.store import Store
from pipeline.durable import write
from pipeline.errors import GitFailed, RateLimited
from pipeline.github.client import GitHub
from pipeline.timestamps import kept, stamp

LONGEST = timedelta(days=1)  # GitHub's limits are by the hour: what says more is no limit, and stops nobody for years
NAME = "github-asks-to-wait-until"


@contextlib.contextmanager
def patient(store: Store, github: GitHub | None, now: Callable[[], datetime]) -> Iterator[None]:
    """Around all that asks GitHub. Raises RateLimited at once while a run before this one has been told to wait."""
    if github is None:
        yield
        return
    _Patience(store, now).check()
    try:
        yield
    finally:
        if github.told:
            _Patience(store, github.corrected(now)).remember(github.told)


@dataclass(frozen=True)
class _Patience:
    store: Store
    now: Callable[[], datetime]

    @property
    def _path(self) -> Path:
        return self.store.root / NAME

    def check(self) -> None:
        self.store.refresh()
        left = (self._until() - self.now()).total_seconds()
        if left > 0:
            raise RateLimited(left)

    def remember(self, seconds: float) -> None:
        """Also where GitHub has not said yet that the records are private: a moment is nothing private.

        Best effort: if Git fails as well, the next run asks once, and is told again.
        """
        until = self.now() + timedelta(seconds=min(seconds + 1, LONGEST.total_seconds()))

        def once() -> None:
            if self._until() < until:
                write(self._path, stamp(until).encode())

        with contextlib.suppress(GitFailed):
            self.store.settle("GitHub asks to wait", once)

    def _until(self) -> datetime:
        """What was never written here (empty, garbage, years ahead) tells nobody to wait."""
        until = kept(self._path)
        return until if until and until <= self.now() + 2 * LONGEST else datetime.fromtimestamp(0, UTC)
