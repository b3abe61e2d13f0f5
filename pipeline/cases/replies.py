"""What an event says goes under the issue of its case, once: the reply to a command, a reminder.

The event is written and pushed first, with the words in it. It is the claim as well: who pushed it posts them; another run
takes over only when that one must be dead, and looks first whether they are there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.audit.markdown import escaped
from pipeline.cases.events import ESCALATED, OPENED, REMINDED, Case, Event
from pipeline.cases.store import Store
from pipeline.github import GitHub
from pipeline.moment import stamp

CLAIM = timedelta(minutes=15)  # after that, the run that wrote an event is taken for dead
REPLY_CLAIMED, REPLIED = "reply_claimed", "replied"
OF_THEIR_OWN = (REMINDED, ESCALATED)  # say something that no comment asked for
_LOGIN = re.compile(r"[a-zA-Z0-9](-?[a-zA-Z0-9]){0,38}")  # what GitHub takes for a login
Key = int | str


@dataclass(frozen=True)
class Replies:
    """`run` names this run in what it claims."""

    store: Store
    github: GitHub
    run: str
    now: Callable[[], datetime]

    def __call__(self) -> None:
        """Post what nobody is posting at this moment; then it becomes events, together. Raises RateLimited, GitHubFailed."""
        posted: list[tuple[str, Key]] = []
        try:
            for reference, event, tried in self._claimed():
                number = _number(self.store.case(reference))
                if number:
                    self.github.reply(number, _marker(event), _body(event), tried=tried)
                    posted.append((reference, _key(event)))
        finally:
            if posted:
                self.store.settle("Record replies", lambda: self._record(posted))

    def _claimed(self) -> list[tuple[str, Event, bool]]:
        """(reference, event, whether somebody may have posted it already) of what this run is to post."""

        def claim() -> list[tuple[str, Event, bool]]:
            return [
                (case.reference, event, tried) for case in self.store.cases() for event, tried in self._unanswered(case)
            ]

        return self.store.settle("Claim replies", claim)

    def _unanswered(self, case: Case) -> Iterator[tuple[Event, bool]]:
        """Of one case, claimed: what this run wrote itself, and what a run that must be dead has left."""
        replied = {event.data["reply_to"] for event in case.events if event.type == REPLIED}
        for event in case.events:
            if not _speaks(event) or _key(event) in replied or not _number(case):
                continue
            claims = [event, *(one for one in case.events if _claims(one, event))]
            if claims[-1].data["run"] == self.run:
                yield event, len(claims) > 1
            elif self.now() - datetime.fromisoformat(claims[-1].at) >= CLAIM:
                data = {"reply_to": _key(event), "run": self.run}
                after = self.store.append(case, REPLY_CLAIMED, at=stamp(self.now()), by="intake", data=data)
                if after:
                    case = after
                    yield event, True

    def _record(self, posted: list[tuple[str, Key]]) -> None:
        for reference, key in posted:
            case = self.store.case(reference)
            if not any(event.type == REPLIED and event.data["reply_to"] == key for event in case.events):
                self.store.append(case, REPLIED, at=stamp(self.now()), by="intake", data={"reply_to": key})


def _speaks(event: Event) -> bool:
    """At the board the reply was shown at once: such an event names no run."""
    return "said" in event.data and "run" in event.data and ("comment" in event.data or event.type in OF_THEIR_OWN)


def _key(event: Event) -> Key:
    """What it answers: the id of a comment; else it is the event itself."""
    return int(event.data["comment"]) if "comment" in event.data else f"event {event.number}"


def _claims(one: Event, event: Event) -> bool:
    return one.type == REPLY_CLAIMED and one.data["reply_to"] == _key(event)


def _marker(event: Event) -> str:
    return f"<!-- reply to {_key(event)} -->"


def _body(event: Event) -> str:
    """`mention` is a login of people.yml; nothing else in it can mention anybody."""
    lines = [escaped(line) if line.strip() else "" for line in str(event.data["said"]).split("\n")]
    login = str(event.data.get("mention", ""))
    if _LOGIN.fullmatch(login):
        lines[0] = f"@{login} {lines[0]}"
    return "\n".join([_marker(event), "  \n".join(lines)])


def _number(case: Case) -> int | None:
    """Of the issue that was opened last: the portfolio's, if there is one."""
    return next((int(event.data["number"]) for event in reversed(case.events) if event.type == OPENED), None)
