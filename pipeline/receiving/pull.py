"""Form provider → inbox. Started again at any point it takes everything, and nothing twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.cases.store import Store
from pipeline.durable import write
from pipeline.errors import AuditBegun, StoreFailed
from pipeline.findings import Finding
from pipeline.forms import json_schema, topics
from pipeline.i18n import _
from pipeline.providers.provider import Provider, Sent, moment, written
from pipeline.receiving.receive import Desk, take
from pipeline.submissions import parsing, references
from pipeline.submissions.inbox import Delivery
from pipeline.submissions.rejected import Rejected
from pipeline.submissions.submission import Submission, without_secrets
from pipeline.submissions.validation import check, check_kept
from pipeline.timestamps import now

WRONG_CLOCK = timedelta(days=1)  # what says that it was sent later than that from now was not


@dataclass
class Pulled:
    """What a run found. `spam_hidden`: it saw, and no run before it, that the provider does not list what it takes for spam."""

    new: int = 0
    known: int = 0
    rejected: int = 0
    spam_hidden: bool = False


@dataclass(frozen=True)
class Place:
    """How far a provider was read: the time of the last one, and the marks of those that the next run is told of again.

    What has no time has "": it may be told of for ever.
    """

    last: str = ""
    seen: Mapping[str, str] = field(default_factory=dict)  # mark → when it was sent
    spam_hidden: bool = False

    @classmethod
    def read(cls, path: Path, latest: str) -> Place:
        """Without a place that nothing can have been sent at, everything is read again."""
        try:
            kept = json.loads(path.read_bytes()) if path.is_file() else {}
            last, seen = moment(kept.get("last")), {str(mark): str(at) for mark, at in kept.get("seen", {}).items()}
        except (ValueError, AttributeError):  # somebody spoiled it: what is read again is known again in the records
            return cls()
        known = written(last) if last else ""
        return cls(known if known <= latest else "", seen, kept.get("spam_hidden") is True)

    def after(self, sent: Sent) -> Place:
        return replace(self, seen={**self.seen, sent.mark: sent.at})

    def at_end(self, since: Callable[[str], str], latest: str) -> Place:
        """Everything that the provider lists has been read."""
        last = max((at for at in (self.last, *self.seen.values()) if at <= latest), default="")
        first = since(last)
        return replace(self, last=last, seen={mark: at for mark, at in self.seen.items() if not at or at >= first})

    def write(self, path: Path) -> None:
        kept = {"last": self.last, "seen": self.seen, **({"spam_hidden": True} if self.spam_hidden else {})}
        write(path, json.dumps(kept, sort_keys=True).encode())


@dataclass(frozen=True)
class Pull:
    """`store` is the records; `desk` has them as its inbox. The place is kept in pulled/<provider>.json."""

    provider: Provider
    desk: Desk
    store: Store
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self) -> Pulled:
        """Raises ProviderFailed and StoreFailed; what was read is kept, and the next run reads from the same moment on."""
        done, broke = Pulled(), None
        path = self.store.root / "pulled" / f"{self.provider.kind}.json"
        latest = written(self.clock() + WRONG_CLOCK)
        place = Place.read(path, latest)
        try:
            for sent in self.provider.sent(place.last):
                if sent.mark in place.seen:
                    done.known += 1
                    continue
                try:
                    self._take(sent, done)
                except StoreFailed as error:
                    broke = error  # one damaged case holds up nobody else
                else:
                    place = place.after(sent)
            if broke:
                raise broke
            hidden = not getattr(self.provider, "lists_spam", True)
            done.spam_hidden = hidden and not place.spam_hidden
            place = replace(place.at_end(self.provider.since, latest), spam_hidden=hidden)
        finally:
            place.write(path)
        return done

    def _take(self, sent: Sent, done: Pulled) -> None:
        trap = self.provider.honeypot
        value = to_value(self.desk, {name: values for name, values in sent.form.items() if name != trap})
        told = sent.at or _("Without a date")
        if isinstance(value, dict) and value.get("topic") in topics.COMPLAINTS:
            message = _(
                "A complaint or an appeal came through the form provider. Its text was not copied: read it there"
            )
            self._reject(value, [Finding("", told, message)], done, sent.mark)
            return
        if sent.trouble:
            self._reject(value, [Finding("", told, sent.trouble), *suspicion(sent, told, trap)], done)
            return
        submission = check(self.desk.judge, value, waited=True)
        found = submission if isinstance(submission, list) else []
        doubts = [*suspicion(sent, told, trap), *found]
        if doubts or isinstance(submission, list):
            self._reject(value, doubts, done)
        elif self._known(submission):
            done.known += 1
        else:
            self._accept(submission, done)

    def _accept(self, submission: Submission, done: Pulled) -> None:
        try:
            result = take(self.desk, submission, prove=False)
        except AuditBegun as error:
            result = [Finding("", str(submission.schema["title"]), str(error))]
        if isinstance(result, list):
            self._reject(submission.value, result, done)
        else:
            done.new += 1

    def _known(self, submission: Submission) -> bool:
        """A run that was killed before it had kept its place has put this one in already."""
        return any(self._knows(one) for one in (submission, submission.earlier) if one)

    def _knows(self, submission: Submission) -> bool:
        prefix = self.desk.inbox.prefix
        typed = references.normalise(prefix, submission.value.get("case", {}).get("reference", ""))
        possible = [*references.candidates(prefix, submission.key), *([typed] if typed else [])]
        waits = self.desk.inbox.path(submission.name).exists()
        return waits or any(self.store.case(reference).names(submission.digest) for reference in possible)

    def _reject(self, value: object, findings: list[Finding], done: Pulled, mark: str = "") -> None:
        reject(self.desk, self.store, value, findings, mark)
        done.rejected += 1


def suspicion(sent: Sent, told: str, honeypot: str) -> list[Finding]:
    """What makes it look like a machine's. A person decides (the file can be moved on), no program."""
    found = []
    if sent.spam:
        found.append(_("The form provider takes it for spam. If a person wrote it, move the file to inbox/"))
    if any(sent.form.get(honeypot, [])):
        found.append(
            _("A hidden field that no person sees was filled in. If a person wrote it, move the file to inbox/")
        )
    return [Finding("", told, message) for message in found]


def to_value(desk: Desk, form: parsing.Form) -> object:
    """A provider's post → the submission's value; as it came, if it is none of our forms."""
    first = {name: values[0] for name, values in form.items() if values}
    schema = desk.judge.schema(first)
    if isinstance(schema, Finding):
        return first
    return parsing.unflatten(schema, form)[0]


def reject(desk: Desk, store: Store, value: object, findings: list[Finding], mark: str = "") -> str:
    """Keep what cannot be taken in as a delivery that can be mended and moved back to inbox/; its name.

    Of a complaint nothing but its kind: its text does not belong in the records (D10). `mark` is the provider's of it:
    two complaints are two entries.
    """
    told = value
    if isinstance(value, dict) and value.get("topic") in topics.COMPLAINTS:
        value = {"kind": json_schema.CONTACT, "topic": value["topic"]}
        told = [value, mark or _digest(told)]
    kept = without_secrets(value) if isinstance(value, dict) else {"content": value}
    known = check_kept(desk.judge, kept)
    if isinstance(known, Submission):
        key, name = known.key, known.name  # moved to inbox/ it is the same thing as if it had come by itself
    else:
        digest = _digest(told)
        key = str(kept.get("id") or digest)
        name = f"{key}-{digest[:16]}.json"
    reference = references.candidate(desk.inbox.prefix, key, references.LENGTHS[0])
    delivery = Delivery(name, reference, False, now(), kept, desk.sequence.next((), 0))
    return Rejected(store.root).add(delivery.name, delivery.to_bytes(), findings)


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
