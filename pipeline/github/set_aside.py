"""What GitHub refuses of one thing is set aside with its reason: everything else goes on, and that one is tried again later.

It stands in one file of the records. The wait doubles, from a quarter of an hour to a day; a person who has mended the
cause may remove the file, and everything is tried at once. A due attempt is claimed in that file, so it writes no event.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta

from pipeline.cases.store import Store
from pipeline.durable import write
from pipeline.errors import GitHubFailed, OutOfTime, RateLimited, Unusable
from pipeline.timestamps import stamp

NAME = "set-aside.json"
SOONEST, LATEST = timedelta(minutes=15), timedelta(days=1)  # the first as long as a claim holds
ISSUE = "issue of "
UNWANTED = 3 * LATEST  # what nothing tried for so long is needed no more


@dataclass(frozen=True)
class Refused:
    """`status` of GitHub's answer, 0 if there was none. `told`: when a run last said so; "" if none has."""

    since: str
    tried: str
    status: int
    why: str
    told: str = ""

    def due(self, now: datetime) -> bool:
        """Also where a clock was wrong and it was tried in days to come."""
        so_far = timedelta(0) if self.status == 403 else _at(self.tried) - _at(self.since)  # a right is soon given
        left = _at(self.tried) + min(max(so_far, SOONEST), LATEST) - now
        return not timedelta(0) < left < 2 * LATEST

    @property
    def lasts(self) -> bool:
        """GitHub said no, or has not answered twice: one answer that was lost is no matter for people."""
        return bool(self.status) or self.tried != self.since

    def is_told(self, now: datetime) -> bool:
        """On this day already (UTC)."""
        return bool(self.told) and _at(self.told).date() == now.date()


@dataclass
class Aside:
    """Of one run. What it notes lies in memory until `keep`."""

    store: Store
    now: Callable[[], datetime]
    silent: GitHubFailed | None = None
    _noted: dict[str, GitHubFailed] = field(default_factory=dict)
    _done: set[str] = field(default_factory=set)
    _doubtful: int = 0

    def every(self) -> dict[str, Refused]:
        """What is set aside at this moment, by its name."""
        kept, now = {what: one for what, one in self._read().items() if what not in self._done}, stamp(self.now())
        for what, error in self._noted.items():
            before = kept.get(what, Refused(now, now, 0, ""))
            kept[what] = replace(before, tried=now, status=error.status, why=str(error))
        return kept

    def known(self, what: str) -> bool:
        return what in self._noted or what in self._read()

    def waits(self, what: str) -> bool:
        """It is not to be tried now."""
        one = self._read().get(what)
        return what in self._noted or bool(one and not one.due(self.now()))

    @property
    def may_open_none(self) -> bool:
        """The token was not allowed to open or draw one: then one is enough to try it again."""
        return any(what.startswith(ISSUE) and one.status == 403 for what, one in self.every().items())

    def claim(self, what: str) -> bool:
        """Nobody else tries it from here on; False if it was never set aside. To be called in a `settle`."""
        kept = self._read()
        if what not in kept:
            return False
        self._write({**kept, what: replace(kept[what], tried=stamp(self.now()))})
        return True

    def done(self, what: str) -> None:
        self._done.add(what)
        self._noted.pop(what, None)

    def refused(self, what: str, error: GitHubFailed) -> None:
        """Notes it. Raises it again where it is not of this thing alone: a limit, the token, or a second one like it.

        What was forbidden before and still is, as a reply under an issue that is locked, says nothing of the token.
        """
        if isinstance(error, RateLimited | OutOfTime | Unusable) or error.status == 401:
            raise error
        before = self._read().get(what)
        doubtful = error.status == 0 or (error.status == 403 and not (before and before.status == 403))
        if not error.status and not self.known(what):
            self.silent = self.silent or error
        self._noted[what] = error
        self._doubtful += doubtful
        if self._doubtful > 1 and doubtful:
            raise error

    def keep(self, *, tell: bool = False) -> list[str]:
        """Write down what this run noted; with `tell`, what is to be said now, which is once a day of each."""

        kept = self._read().keys()
        if not self._noted and not (kept if tell else kept & self._done):
            return []

        def once() -> list[str]:
            before, now = self._read(), self.now()
            kept = {what: one for what, one in self.every().items() if now - _at(one.tried) < UNWANTED}
            said = [what for what, one in kept.items() if tell and one.lasts and not one.is_told(now)]
            kept |= {what: replace(kept[what], told=stamp(now)) for what in said}
            if kept != before:
                self._write(kept)
            return [f"{what}: {kept[what].why}" for what in said]

        told = self.store.settle("Set aside what GitHub refuses", once)
        self._noted, self._done = {}, set()
        return told

    def _read(self) -> dict[str, Refused]:
        """Nothing where there is no such file, or somebody spoiled it: then everything is tried."""
        try:
            found = json.loads((self.store.root / NAME).read_bytes())
            kept = {str(what): Refused(**one) for what, one in found.items()}
            for one in kept.values():  # each moment is one, with its zone
                one.due(self.now()), one.is_told(self.now())
        except (OSError, ValueError, TypeError, AttributeError):
            return {}
        return kept

    def _write(self, kept: dict[str, Refused]) -> None:
        value = {what: asdict(one) for what, one in sorted(kept.items())}
        write(self.store.root / NAME, (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode())


def issue_of(reference: str, kind: str) -> str:
    """Its name where it is set aside."""
    return f"{ISSUE}{reference} {kind}"


def _at(moment: str) -> datetime:
    return datetime.fromisoformat(moment)
