"""What an event says goes under the issue of its case, once: the reply to a command, a reminder.

The event is written and pushed first, with the words in it. It is the claim as well: who pushed it posts them; another run
takes over only when that one must be dead, and looks first whether they are there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.audit.issue import MAX_BODY
from pipeline.audit.markdown import escaped, whole
from pipeline.cases.deleted import note_deleted
from pipeline.cases.events import ESCALATED, OPENED, REMINDED, Case, Event
from pipeline.cases.store import Store
from pipeline.errors import GitHubFailed
from pipeline.github import GitHub
from pipeline.moment import stamp

CLAIM = timedelta(minutes=15)  # after that, the run that wrote an event is taken for dead
REPLY_CLAIMED, REPLIED = "reply_claimed", "replied"
OF_THEIR_OWN = (REMINDED, ESCALATED)  # say something that no comment asked for
_LOGIN = re.compile(r"[a-zA-Z0-9](-?[a-zA-Z0-9]){0,38}")  # what GitHub takes for a login
LONGEST_LINE = 1000  # characters of a line in a reply: nobody's word fills a page
Key = int | str


@dataclass(frozen=True)
class Posted:
    """`there`: the issue was there; else nobody could be answered."""

    reference: str
    event: Event
    number: int
    there: bool


@dataclass(frozen=True)
class Replies:
    """`run` names this run in what it claims."""

    store: Store
    github: GitHub
    run: str
    now: Callable[[], datetime]

    def __call__(self) -> None:
        """Post what nobody is posting at this moment; then it becomes events, together. Raises RateLimited, GitHubFailed."""
        posted: list[Posted] = []
        try:
            for reference, event, tried in self._claimed():
                number = _number(self.store.case(reference), event)
                if number:
                    there = self._post(number, event, tried)
                    posted.append(Posted(reference, event, number, there))
        finally:
            if posted:
                self.store.settle("Record replies", lambda: self._record(posted))

    def _post(self, number: int, event: Event, tried: bool) -> bool:
        """False if somebody has deleted the issue."""
        try:
            self.github.reply(number, _marker(event), _body(event), tried=tried)
        except GitHubFailed as error:
            if not error.gone:
                raise
            return False
        return True

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
            if not _speaks(event) or _key(event) in replied or not _number(case, event):
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

    def _record(self, posted: list[Posted]) -> None:
        """Who wrote under an issue that is deleted is not there to be answered; what is overdue waits for the next issue."""
        for one in posted:
            if not one.there:
                note_deleted(self.store, one.reference, one.number, self.now())
                if one.event.type in OF_THEIR_OWN:
                    continue
            case, key = self.store.case(one.reference), _key(one.event)
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
    """Letter by letter, within what GitHub takes. `mention` is a login of people.yml; nothing else can mention anybody."""
    login = str(event.data.get("mention", ""))
    mention = f"@{login} " if _LOGIN.fullmatch(login) else ""
    said = str(event.data["said"]).split("\n")
    lines = (line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…" for line in said)
    body = whole((f"{escaped(line)}  " if line.strip() else "" for line in lines), MAX_BODY)
    return f"{_marker(event)}\n{mention}{body.rstrip(' ')}"


def _number(case: Case, event: Event) -> int | None:
    """Where the command stands; else the issue that was opened last and is there: the portfolio's, if there is one."""
    if "issue" in event.data:
        return int(event.data["issue"])
    openings = (one for one in reversed(case.events) if one.type == OPENED)
    return next((int(one.data["number"]) for one in openings if case.opened(str(one.data["kind"])) == one), None)
