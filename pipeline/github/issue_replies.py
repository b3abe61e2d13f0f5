"""What an event says goes under the issue of its case, once: the reply to a command, a reminder.

The event is written and pushed first, with the words in it. It is the claim as well: who pushed it posts them; another run
takes over only when that one must be dead, and looks first whether they are there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.cases.events import ESCALATED, OPENED, REMINDED, Case, Event
from pipeline.cases.issue_text import MAX_BODY
from pipeline.cases.store import Store
from pipeline.errors import GitHubFailed, Gone
from pipeline.github.client import GitHub
from pipeline.github.deleted_issues import note_deleted
from pipeline.github.set_aside import Aside
from pipeline.i18n import _
from pipeline.submissions.markdown import escaped, whole
from pipeline.timestamps import stamp

CLAIM = timedelta(minutes=15)  # after that, the run that wrote an event is taken for dead
REPLY_CLAIMED, REPLIED = "reply_claimed", "replied"
_MARKER = "<!-- reply to "
OF_THEIR_OWN = (REMINDED, ESCALATED)  # say something that no comment asked for
_LOGIN = re.compile(r"[a-zA-Z0-9](-?[a-zA-Z0-9]){0,38}")  # what GitHub takes for a login
LONGEST_LINE = 1000  # characters of a line in a reply: nobody's word fills a page
Key = int | str


@dataclass(frozen=True)
class Posted:
    """`reply`: the id of the comment that says it; None where the issue is gone, and nobody could be answered."""

    reference: str
    event: Event
    number: int
    reply: int | None


@dataclass(frozen=True)
class Replies:
    """`run` names this run in what it claims."""

    store: Store
    github: GitHub
    aside: Aside
    run: str
    now: Callable[[], datetime]

    def __call__(self) -> None:
        """Post what nobody is posting at this moment; then it becomes events, together. Raises RateLimited, GitHubFailed.

        One that GitHub refuses stops no other: it is set aside.
        """
        posted: list[Posted] = []
        try:
            for reference, event, tried in self._claimed():
                case = self.store.case(reference)
                number = _number(case, event)
                if number:
                    there = {**_replies(case), **{_key(one.event): one.reply for one in posted}}
                    try:
                        reply = self._post(case, number, event, tried, there)
                    except GitHubFailed as error:
                        self.aside.refused(_what(reference, event), error)
                        continue
                    self.aside.done(_what(reference, event))
                    posted.append(Posted(reference, event, number, reply))
        finally:
            if posted:
                self.store.settle("Record replies", lambda: self._record(posted))

    def _post(self, case: Case, number: int, event: Event, tried: bool, there: Mapping[Key, int | None]) -> int | None:
        """The id of the reply; None if somebody has deleted the issue. `there`: the replies that are posted already."""
        before = there.get(event.data.get("instead", ""))
        try:
            if before and (_overtaken(case, event) or self.github.change_reply(before, _body(event, again=True))):
                return before
            return self.github.reply(number, _marker(_key(event)), _body(event), tried=tried)
        except Gone:
            return None

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
            what = _what(case.reference, event)
            if self.aside.known(what):
                if not self.aside.waits(what) and self.aside.claim(what):
                    yield event, True
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
            if one.reply is None:
                note_deleted(self.store, one.reference, one.number, self.now())
                if one.event.type in OF_THEIR_OWN:
                    continue
            case, key = self.store.case(one.reference), _key(one.event)
            if not any(event.type == REPLIED and event.data["reply_to"] == key for event in case.events):
                data = {"reply_to": key, **({"reply": one.reply} if one.reply else {})}
                self.store.append(case, REPLIED, at=stamp(self.now()), by="intake", data=data)


def _speaks(event: Event) -> bool:
    """At the board the reply was shown at once: such an event names no run."""
    return "said" in event.data and "run" in event.data and ("comment" in event.data or event.type in OF_THEIR_OWN)


def _key(event: Event) -> Key:
    """What it answers: the id of a comment; else it is the event itself."""
    return int(event.data["comment"]) if "comment" in event.data else f"event {event.number}"


def _what(reference: str, event: Event) -> str:
    """Its name where it is set aside."""
    return f"reply to {_key(event)} of {reference}"


def _claims(one: Event, event: Event) -> bool:
    return one.type == REPLY_CLAIMED and one.data["reply_to"] == _key(event)


def _replies(case: Case) -> dict[Key, int | None]:
    """What was answered → the id of the comment that answers it."""
    return {event.data["reply_to"]: event.data.get("reply") for event in case.events if event.type == REPLIED}


def _overtaken(case: Case, event: Event) -> bool:
    """A later command has its answer in the same comment."""
    return any(one.number > event.number and one.data.get("instead") == event.data["instead"] for one in case.events)


def _marker(key: Key) -> str:
    return f"{_MARKER}{key} -->"


def is_reply(body: str) -> bool:
    """One of these replies, whoever's account posted it: what it shows of commands is nobody's command."""
    return body.startswith(_MARKER)


def _body(event: Event, *, again: bool = False) -> str:
    """Letter by letter, within what GitHub takes. `mentions` are logins of people.yml; nothing else can mention anybody.

    `again`: it stays the reply that it was, and leads to the command that it answers now.
    """
    mentions = "".join(f"@{login} " for login in event.data.get("mentions", ()) if _LOGIN.fullmatch(login))
    said = str(event.data["said"]).split("\n")
    lines = (line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…" for line in said)
    body = whole((f"{escaped(line)}  " if line.strip() else "" for line in lines), MAX_BODY)
    words = f"{mentions}{body.rstrip(' ')}"
    if again:
        to = _("To your latest command")
        words = f"[{to}](#issuecomment-{_key(event)}):  \n{words}"
    return f"{_marker(event.data['instead'] if again else _key(event))}\n{words}"


def _number(case: Case, event: Event) -> int | None:
    """Where the command stands; else the issue that was opened last and is there: the portfolio's, if there is one."""
    if "issue" in event.data:
        return int(event.data["issue"])
    openings = (one for one in reversed(case.events) if one.type == OPENED)
    return next((int(one.data["number"]) for one in openings if case.opened(str(one.data["kind"])) == one), None)
