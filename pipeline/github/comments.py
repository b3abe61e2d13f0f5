"""Comments on GitHub → commands: each acted on once ever, by its id, and answered with one reply.

The event is written and pushed first, with the words of the reply in it; issue_replies.py posts them. Who is refused twice in a row
is told in the first of the two replies, so that trials do not fill the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pipeline.cases import people
from pipeline.cases.comment import parse
from pipeline.cases.context import Refusal, Work
from pipeline.cases.decisions import decide, record
from pipeline.cases.events import ANSWERED, OPENED, Case
from pipeline.cases.issue_text import case_of
from pipeline.cases.people import Person
from pipeline.cases.store import Store
from pipeline.durable import write
from pipeline.errors import GitHubFailed, Gone, OutOfTime, RateLimited, StoreFailed, Unusable
from pipeline.github.client import GitHub
from pipeline.github.issue_replies import Replies, is_reply
from pipeline.github.objects import Comment
from pipeline.github.set_aside import Aside
from pipeline.i18n import _
from pipeline.submissions.validation import Judge
from pipeline.timestamps import kept, stamp

OVERLAP = timedelta(hours=2)  # lists lag: each run looks a little further back than the last one came
MAY = ("triage", "write", "maintain", "admin")  # GitHub's roles that may do more than read


@dataclass(frozen=True)
class Comments:
    """`run` names this run in what it claims; `schemas` is where the schema of people.yml lies."""

    judge: Judge
    store: Store
    github: GitHub
    aside: Aside
    run: str
    now: Callable[[], datetime]
    held: set[int] = field(default_factory=set)  # ids of comments that nobody can act on before a case is mended

    def __call__(self) -> list[str]:
        """The references of the cases with a new command. Raises RateLimited or GitHubFailed after what is done is safe."""
        began, done = self.now(), []
        waiting = list(self._waiting())
        wrong: GitHubFailed | None = None
        try:
            for reference, comment in waiting:
                if self._act(reference, comment):
                    done.append(reference)
        except (RateLimited, OutOfTime, Unusable):
            raise
        except GitHubFailed as error:  # what was recorded is answered all the same
            wrong = error
        if not self.held and not wrong:
            self._remember(began)
        Replies(self.store, self.github, self.aside, self.run, self.now)()
        if wrong:
            raise wrong
        return done

    # What is new

    def _waiting(self) -> Iterator[tuple[str, Comment]]:
        """(reference, comment) of commands without an event, oldest first. One that was changed later is told so.

        No event names the issue of a case that cannot be read, of a run that died before it could record it, and the second
        one of a case that was opened twice: then the issue itself says which case it is of.
        """
        issues, known = self._issues(), self._known()
        for comment in sorted(self.github.comments(self._since()), key=lambda comment: comment.id):
            if comment.by_bot or comment.id in known or is_reply(comment.body) or parse(comment.body) is None:
                continue
            if comment.issue not in issues:
                issues[comment.issue] = self._named(comment)
            reference = issues[comment.issue]
            if reference:
                yield reference, comment
            elif any(self.store.readable(one) is None for one in self.store.references()):
                self.held.add(comment.id)  # it may be of a case that cannot be read at the moment

    def _named(self, comment: Comment) -> str | None:
        """The case that the issue of a comment bears in its marker; None if it is not ours. Held where GitHub says neither."""
        what = f"issue {comment.issue}"
        if self.aside.waits(what):
            self.held.add(comment.id)
            return None
        try:
            shown = self.github.issue(comment.issue)
        except Gone:
            return None
        except GitHubFailed as error:
            self.held.add(comment.id)
            self.aside.refused(what, error)
            return None
        self.aside.done(what)
        which = case_of(shown.marker) if shown.ours else None
        return which[0] if which and which[0] in self.store.references() else None

    def _issues(self) -> dict[int, str | None]:
        """Issue number → reference."""
        return {
            int(event.data["number"]): case.reference
            for case in self.store.cases()
            for event in case.events
            if event.type == OPENED
        }

    def _known(self) -> set[int]:
        return {comment for case in self.store.cases() for comment in _comments(case)}

    @property
    def _mark(self) -> Any:
        return self.store.root / "comments-read-until"

    def _since(self) -> str:
        read = self._read_until()
        return stamp(read - OVERLAP) if read else ""

    def _read_until(self) -> datetime | None:
        """None where nothing was read, or where the file holds no moment that is past: then everything is looked at again."""
        read = kept(self._mark)
        return read if read and read <= self.now() + OVERLAP / 8 else None

    def _remember(self, moment: datetime) -> None:
        """Only once every command until then has its event. At most once an hour: it would be a commit a run."""
        read = self._read_until()
        if read and read > moment - OVERLAP / 2:
            return
        write(self._mark, stamp(moment).encode())
        self.store.settle("Remember how far comments were read", lambda: True)

    # Acting

    def _act(self, reference: str, comment: Comment) -> bool:
        """One event for one comment, on whatever head there is by then; False if it has one already, or is held.

        It is held too while GitHub refuses to say what its writer may do: that stops nobody else's.
        """
        what = f"permission of {comment.login}"
        self.held.add(comment.id)
        if self.aside.waits(what):
            return False
        try:
            person = self._person(comment)
        except GitHubFailed as error:
            self.aside.refused(what, error)
            return False
        self.aside.done(what)

        def once() -> bool:
            self.held.discard(comment.id)
            case = self.store.readable(reference)
            if case is None:
                self.held.add(comment.id)
                return False
            return comment.id not in _comments(case) and self._append(case, person, comment)

        return self.store.settle(f"Act on a command in {reference}", once)

    def _append(self, case: Case, person: Person | Refusal, comment: Comment) -> bool:
        mark = {"comment": comment.id, "issue": comment.issue, "run": self.run}
        if isinstance(person, Refusal):
            return self._answer(case, comment, mark, _("Nothing was recorded.") + "\n" + str(person), refused=True)
        work = Work(self.judge, self.store, self._people(), case, person, self.now())
        try:
            return self._done(work, comment, mark)
        except StoreFailed:  # it needs a file that cannot be read
            self.held.add(comment.id)
            return False

    def _done(self, work: Work, comment: Comment, mark: dict[str, Any]) -> bool:
        """False if somebody else was faster."""
        case, outcome = work.case, decide(work, comment.body)
        if outcome is None:
            return False
        if outcome.event is None:
            return self._answer(case, comment, mark, outcome.said, refused=bool(outcome.refusals))
        return record(work, outcome, said=outcome.said, **mark) is not None

    def _answer(self, case: Case, comment: Comment, mark: dict[str, Any], said: str, *, refused: bool) -> bool:
        data: dict[str, Any] = {**mark, "said": said[:5000]}
        if refused:
            data |= {"refused": True, **_instead(case, comment)}
        return self.store.append(case, ANSWERED, at=stamp(self.now()), by=comment.login[:60], data=data) is not None

    def _people(self) -> tuple[Person, ...]:
        return people.load(self.store.root / "people.yml", self.judge.schemas, self.judge.data.organization)

    def _person(self, comment: Comment) -> Person | Refusal:
        """Known in people.yml, allowed by GitHub at this moment, and the comment as it was first written."""
        if comment.edited:
            words = _("The comment was changed after it was written. Write the command again in a new comment.")
            return Refusal(_("commands are not edited"), words)
        person = next((one for one in self._people() if one.login.lower() == comment.login.lower()), None)
        if person is None:
            return Refusal(_("people.yml"), _("You are not in people.yml; ask the Intake Manager."))
        if self.github.permission(comment.login) not in MAY:
            return Refusal(_("permission"), _("GitHub gives you no right to work in this repository."))
        return person


def _instead(case: Case, comment: Comment) -> dict[str, int]:
    """`instead`: the comment whose reply is to be written anew: a refusal of the same person's last command here."""
    login = comment.login[:60].lower()  # people.yml may write it otherwise than GitHub does
    mine = (one for one in reversed(case.events) if one.by.lower() == login and one.data.get("issue") == comment.issue)
    last = next((one for one in mine if "comment" in one.data), None)
    if last is None or not last.data.get("refused"):
        return {}
    return {"instead": int(last.data.get("instead", last.data["comment"]))}


def _comments(case: Case) -> set[int]:
    """What this case has events of."""
    return {int(event.data["comment"]) for event in case.events if "comment" in event.data}
