"""Submission → durable delivery and receipt. The server answers from what this returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from pipeline.cases.events import Case
from pipeline.cases.fate import Fate, fate
from pipeline.durable import remove
from pipeline.errors import UnreadableInput
from pipeline.findings import Finding
from pipeline.forms import json_schema, topics
from pipeline.i18n import _
from pipeline.receiving.closed_cases import refused
from pipeline.submissions import references
from pipeline.submissions.inbox import Delivery, Inbox, read
from pipeline.submissions.sequence import Sequence
from pipeline.submissions.status_secrets import Receipts
from pipeline.submissions.submission import Submission, without_secrets
from pipeline.submissions.validation import Judge, check
from pipeline.timestamps import now


@dataclass(frozen=True)
class Receipt:
    """What the person is told. `secret` opens the status page of the reference; "" for who only repeats what was sent.

    What was sent can be read by everybody who works with the records. Who sends it first, or with the draft's id, or with
    the secret itself, is the applicant.
    """

    reference: str
    secret: str
    kind: str
    about: str


def _nothing(*_told: object) -> None:
    pass


@dataclass(frozen=True)
class Desk:
    """Where deliveries are put. `complaints` is a store of its own (D10); `quarantine` holds what looks like a machine's.

    `records`: the inbox of the records, which is this one unless a relay's outbox is.
    `case` reads the case in which what is sent to a reference goes on; `waits`: a delivery of this name is in the records,
    and not taken in yet.
    `confirm` is told of everything that is durable where it belongs (the server's receipt by e-mail); it never raises.
    """

    judge: Judge
    inbox: Inbox
    quarantine: Inbox
    complaints: Inbox
    receipts: Receipts
    sequence: Sequence
    records: Inbox
    case: Callable[[str], Case]
    waits: Callable[[str], bool]
    confirm: Callable[[Delivery], None] = _nothing


def accept(
    desk: Desk,
    value: object,
    *,
    suspicious: bool = False,
    waited: bool = False,
    admit: Callable[[], None] = _nothing,
) -> Receipt | list[Finding]:
    """Check and keep. Raises AuditBegun for a revision that comes too late, StoreFailed if nothing could be kept, and
    what `admit` raises: it is asked before anything that is sound is kept, and not of what is here already.
    `waited` as in check().
    """
    submission = check(desk.judge, value, waited=waited)
    return submission if isinstance(submission, list) else take(desk, submission, suspicious=suspicious, admit=admit)


def take(
    desk: Desk,
    submission: Submission,
    *,
    suspicious: bool = False,
    prove: bool = True,
    admit: Callable[[], None] = _nothing,
) -> Receipt | list[Finding]:
    """Keep what was checked. Raises as `accept` does.

    `prove`: a portfolio that names a case has to prove that it belongs there. Through a form provider nobody can: it
    opens a case of its own, with the reference in it, and the Intake Manager joins the two (D2).
    """
    joined = _joined(desk, submission)
    if isinstance(joined, list):
        if prove:
            return joined
        joined = None
    submission = replace(submission, value=without_secrets(submission.value))
    inbox = desk.complaints if submission.about in topics.COMPLAINTS else desk.inbox
    if earlier := _kept_earlier(desk, inbox, submission, joined):
        if earlier.same:
            secret = desk.receipts.secret(earlier.reference) if joined else ""
            return Receipt(earlier.reference, secret, submission.kind, submission.about)
        submission = submission.unsealed
    while True:
        delivery, opens, anew = _put(desk, inbox, submission, joined, suspicious, admit)
        new = False if joined else inbox.claim(submission, delivery.reference)
        if new is not None:
            break
        remove((desk.quarantine if suspicious else inbox).path(delivery.name))  # a rival has just claimed its reference
    if not suspicious:
        desk.confirm(delivery)
    secret = desk.receipts.secret(delivery.reference) if (new and opens) or anew or joined or submission.draft else ""
    return Receipt(delivery.reference, secret, submission.kind, submission.about)


def _put(
    desk: Desk, inbox: Inbox, submission: Submission, joined: str | None, suspicious: bool, admit: Callable[[], None]
) -> tuple[Delivery, bool, bool]:
    """Durable when this returns, and what the intake will not refuse; whether the case is empty until now; and whether
    this is the first that comes after everything in it was forgotten.

    For what is the last in the case already, or on its way there, nothing is written. Raises AuditBegun, StoreFailed.
    """
    reference = joined or inbox.reference(submission)
    case, received_at = desk.case(reference), now()
    turns, seen = [event.turn for event in case.deliveries], len(case.events)
    coming = desk.sequence.coming(turns, seen)
    here = fate(desk.judge.data, case, submission.kind, submission.digest, coming, received_at)
    if here not in (Fate.TAKEN, Fate.KNOWN):
        raise refused(desk.judge.data, case)
    target = desk.quarantine if suspicious else inbox
    delivery = Delivery(submission.name, reference, joined is not None, received_at, submission.value, coming)
    there = here is Fate.KNOWN or (target.pushed(submission.name) and desk.waits(submission.name))
    there = there and not any(_same_place(desk, target, delivery, submission))
    if not there and not target.path(submission.name).exists():
        admit()
    if not there:
        delivery = replace(delivery, turn=desk.sequence.next(turns, seen))
    kept = delivery if there else target.put(delivery)
    forgotten = bool(case.deliveries) and case.forgotten(case.deliveries[-1])
    return kept, not case.events, forgotten and not there and kept is delivery


def _same_place(desk: Desk, target: Inbox, delivery: Delivery, submission: Submission) -> Iterator[str]:
    """What else of its kind is on its way to the case, and would be the last there if this were not sent again."""
    for place in {target, desk.records}:
        for name in place.names():
            if name == delivery.name or not (delivery.joins or name.startswith(submission.key)):
                continue
            with suppress(FileNotFoundError, ValueError, UnreadableInput):
                other = read(place.path(name))
                if other.reference == delivery.reference and other.content.get("kind") == submission.kind:
                    yield name


@dataclass(frozen=True)
class _Earlier:
    """What an earlier version kept of a draft. `same`: it is the very thing that is sent again."""

    reference: str
    same: bool


def _kept_earlier(desk: Desk, inbox: Inbox, submission: Submission, joined: str | None) -> _Earlier | None:
    """Earlier versions kept the draft's id itself: where the records have it, it proves nothing about who sends it."""
    earlier = submission.earlier
    if earlier is None:
        return None
    for reference in (*([joined] if joined else []), *references.candidates(inbox.prefix, earlier.key)):
        claim, case = inbox.claimed(reference), desk.case(reference)
        keys = {claim and claim.key, *(event.data["key"] for event in case.deliveries)}
        if earlier.key in keys:
            here = any(one.data["digest"] == earlier.digest and not case.forgotten(one) for one in case.deliveries)
            waits = inbox.path(earlier.name).exists() or inbox.pushed(earlier.name)
            return _Earlier(reference, (here or waits) and not case.evidence_requested)
    return None


def _joined(desk: Desk, submission: Submission) -> str | list[Finding] | None:
    """The reference of the case that a portfolio joins; None if it opens one of its own."""
    case = submission.value.get("case", {})
    typed = case.get("reference", "").strip()
    if submission.kind != json_schema.PORTFOLIO or not (typed or case.get("secret")):
        return None
    here, label = "/case/reference", str(submission.schema["properties"]["case"]["properties"]["reference"]["title"])
    reference = references.normalise(desk.inbox.prefix, typed)
    if reference is None:
        message = _("is not a reference; compare it with your confirmation, or leave it and the secret empty")
        return [Finding(here, label, message)]
    claim = desk.inbox.claimed(reference)
    if claim is None or not desk.receipts.fits(reference, case.get("secret", "")):
        message = _(
            "reference and secret do not belong together; use the link of your confirmation, or leave both empty"
        )
        return [Finding(here, label, message)]
    if claim.about != submission.about:
        message = _("belongs to another certificate; use the form of that one, or leave reference and secret empty")
        return [Finding(here, label, message)]
    return reference
