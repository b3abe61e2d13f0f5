"""One delivery → events of a case. Each step may be killed and run again; what cannot be taken in is kept and told."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, field

from pipeline.cases.events import CONTACT, FORGOTTEN, PORTFOLIO, RECEIVED, REVISED, Case
from pipeline.cases.fate import Fate, fate
from pipeline.cases.store import Store
from pipeline.durable import alone, remove_folder
from pipeline.errors import StoreFailed, UnreadableInput
from pipeline.findings import Finding
from pipeline.forms import topics
from pipeline.i18n import _
from pipeline.submissions import inbox as deliveries
from pipeline.submissions import references
from pipeline.submissions.document import document, file_name
from pipeline.submissions.inbox import Delivery, Inbox
from pipeline.submissions.rejected import Rejected
from pipeline.submissions.submission import Submission
from pipeline.submissions.validation import Judge, check_kept

BY = "intake"


@dataclass(frozen=True)
class TakeIn:
    """`held`: why deliveries could not be taken in yet; they wait."""

    judge: Judge
    store: Store
    held: list[str] = field(default_factory=list)

    @property
    def inbox(self) -> Inbox:
        return Inbox(self.store.root, self.judge.data.organization.reference_prefix)

    def run(self) -> list[str]:
        """Take in everything that waits; the references concerned, in order of arrival."""
        waiting = list(filter(None, map(self._read, self.inbox.names())))
        waiting.sort(key=lambda one: (one.turn.desk, one.turn.number, one.received_at, one.joins, one.name))
        readable = [delivery for delivery in waiting if self._readable(delivery.reference)]
        taken = []
        for delivery in readable:
            try:
                with alone(self.store.root):
                    # Unless another run has taken it in since, or somebody was forgotten; what was sent again has a new turn.
                    same = self._read(delivery.name) == delivery
                    reference = self._one(delivery) if same else None
            except StoreFailed as error:  # its case names another file that cannot be read; nobody else's does
                self.held.append(str(error))
                continue
            taken += [reference] if reference else []
        return taken

    def _read(self, name: str) -> Delivery | None:
        """None if it is gone, or is no delivery: then it is put aside."""
        try:
            return deliveries.read(self.inbox.path(name))
        except FileNotFoundError:
            return None
        except (ValueError, UnreadableInput):
            message = _("is no delivery; put it in with: python -m pipeline accept FILE")
            with suppress(FileNotFoundError):
                self._reject(name, [Finding("", name[:80], message)])
            return None

    def _readable(self, reference: str) -> bool:
        """What belongs to a damaged case waits until that is mended; `Store.damaged` tells of it."""
        try:
            self.store.case(reference)
        except StoreFailed:
            return False
        return True

    def _one(self, delivery: Delivery) -> str | None:
        submission = check_kept(self.judge, delivery.content)
        if isinstance(submission, list):
            self._reject(delivery.name, submission)
            return None
        if submission.about in topics.COMPLAINTS:
            message = _(
                "A complaint or an appeal does not belong in the records; hand it to the role that handles them"
            )
            self._reject(delivery.name, [Finding("", delivery.name[:16], message)])
            return None
        reference = self._reference(delivery, submission)
        if reference is None:
            label = str(submission.schema["title"])
            self._reject(delivery.name, [Finding("", label, _("has no reference of this body; put it in anew"))])
            return None
        while True:
            case = self.store.case(reference)
            here = fate(self.judge.data, case, submission.kind, submission.digest, delivery.turn, delivery.received_at)
            if here is Fate.KNOWN:
                break
            if here is not Fate.TAKEN:
                found = Finding("", str(submission.schema["title"]), _why(here).format(reference=reference))
                self._reject(delivery.name, [found])
                return None
            if self._append(case, delivery, submission):
                break
        self.inbox.done(delivery.name, lambda path: deliveries.read(path) == delivery)
        return reference

    def _reference(self, delivery: Delivery, submission: Submission) -> str | None:
        """The delivery's own, or a longer one where another case has it already; None if it is not well formed."""
        prefix = self.inbox.prefix
        reference = delivery.reference
        if references.normalise(prefix, reference) != reference:
            return None
        lengths = iter(references.LENGTHS)
        while not delivery.joins and not _belongs(self.store.case(reference), submission.key):
            reference = references.candidate(prefix, submission.key, next(lengths))
        return self.store.onward(reference)

    def _append(self, case: Case, delivery: Delivery, submission: Submission) -> Case | None:
        """First what the event speaks of, then the event: a killed run leaves nothing that is named and not there."""
        self.store.keep_schema(submission.schema_hash, submission.schema)
        content = json.dumps(submission.value, ensure_ascii=False, indent=1).encode()
        text = document(submission.schema, submission.value, case.reference).encode()
        if submission.is_contact:
            event = CONTACT
        else:
            event = REVISED if case.current(submission.kind) else RECEIVED
        data = event_data(delivery, submission, text)
        if event == REVISED and submission.kind == PORTFOLIO:
            data["changed"] = self.store.changed(case, PORTFOLIO, submission.value.get("answers", {}))
        if case.reference != delivery.reference and self.store.onward(delivery.reference) == case.reference:
            data["joined"] = True
        if said := self._said(case, delivery, submission):
            data["belongs_to"] = said
        at = max(delivery.received_at, *(event.at for event in case.events[-1:]), "")
        if at != delivery.received_at:
            data["received"] = delivery.received_at
        self.store.keep_private(case.reference, submission.digest, "submission.json", content)
        self.store.keep_private(case.reference, submission.digest, file_name(submission.kind), text)
        taken = self.store.append(case, event, at=at, by=BY, data=data)
        private = self.store.private(case.reference, submission.digest)
        if taken and not (private / "submission.json").is_file():  # somebody has forgotten it since it was read
            taken = self.store.append(taken, FORGOTTEN, at=at, by=BY, data={"files": []})
            remove_folder(private)
        return taken

    def _said(self, case: Case, delivery: Delivery, submission: Submission) -> str | None:
        """The reference that a portfolio names without a proof: the Intake Manager sees whether it is the same person's."""
        if submission.kind != PORTFOLIO or delivery.joins:
            return None
        typed = submission.value.get("case", {}).get("reference", "")
        said = references.normalise(self.inbox.prefix, typed)
        return said if said != case.reference else None

    def _reject(self, name: str, findings: list[Finding]) -> None:
        path = self.inbox.path(name)
        Rejected(self.store.root).add(name, path.read_bytes(), findings)
        path.unlink(missing_ok=True)


def _why(here: Fate) -> str:
    """Why it could not be taken in, for the Intake Manager."""
    return {
        Fate.OVERTAKEN: _("is older than what {reference} has already; it is kept here, and changes nothing"),
        Fate.UNASKED: _("was sent before more evidence was requested of {reference}, and answers nothing"),
    }.get(here, _("came after the audit of {reference} had begun, or after its end; ask the applicant"))


def event_data(delivery: Delivery, submission: Submission, text: bytes) -> dict[str, object]:
    """What everybody who works on the case may know: no name, no address, no text of the applicant's.

    `text` is the document for reading, which is named by its hash alone.
    """
    data: dict[str, object] = {
        "kind": submission.kind,
        "about": submission.about,
        "key": submission.key,
        "digest": submission.digest,
        "schema": submission.schema_hash,
        "document": hashlib.sha256(text).hexdigest(),
    }
    if delivery.joins:
        data["joined"] = True
    if delivery.turn.desk:
        data |= {"desk": delivery.turn.desk, "number": delivery.turn.number}
    if not submission.is_contact:
        data["version"] = submission.version
        data["profile_hash"] = submission.profile_hash
        data["held"] = list(submission.held)
        data["answers"] = {answer.statement: answer.answer for answer in submission.answers}
    return data


def _belongs(case: Case, key: str) -> bool:
    """Nobody else opened the case: it is empty, or was opened by this key, or by somebody who proved to own it."""
    owners = [event.data["key"] for event in case.deliveries if not event.data.get("joined")]
    return not owners or key in owners
