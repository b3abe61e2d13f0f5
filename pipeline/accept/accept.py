"""Submission → durable delivery and receipt. The server answers from what this returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pipeline.accept import references
from pipeline.accept.check import Judge, check
from pipeline.accept.inbox import Delivery, Inbox
from pipeline.accept.receipts import Receipts
from pipeline.accept.submission import Submission
from pipeline.errors import AuditBegun
from pipeline.findings import Finding
from pipeline.moment import now
from pipeline.profiles import derive, topics
from pipeline.text import _


@dataclass(frozen=True)
class Receipt:
    """What the person is told. `secret` opens the status page of the reference."""

    reference: str
    secret: str
    kind: str
    about: str


def _nothing(*_told: object) -> None:
    pass


@dataclass(frozen=True)
class Desk:
    """Where deliveries are put. `complaints` is a store of its own (D10); `quarantine` holds what looks like a machine's.

    `too_late` says of a reference and a digest why what is sent now cannot be taken any more; None if it can.
    `asked` says of a reference whether more evidence is requested.
    `confirm` is told of everything that is durable where it belongs (the server's receipt by e-mail); it never raises.
    """

    judge: Judge
    inbox: Inbox
    quarantine: Inbox
    complaints: Inbox
    receipts: Receipts
    too_late: Callable[[str, str], AuditBegun | None]
    asked: Callable[[str], bool]
    confirm: Callable[[Delivery], None] = _nothing


def accept(
    desk: Desk,
    value: object,
    *,
    suspicious: bool = False,
    prove: bool = True,
    waited: bool = False,
    admit: Callable[[], None] = _nothing,
) -> Receipt | list[Finding]:
    """Check and keep. Raises AuditBegun for a revision that comes too late, StoreFailed if nothing could be kept, and
    what `admit` raises: it is asked before anything that is sound is kept.

    `prove`: a portfolio that names a case has to prove that it belongs there. Through a form provider nobody can: it
    opens a case of its own, with the reference in it, and the Intake Manager joins the two (D2). `waited` as in check().
    """
    submission = check(desk.judge, value, waited=waited)
    if isinstance(submission, list):
        return submission
    joined = _joined(desk, submission)
    if isinstance(joined, list):
        if prove:
            return joined
        joined = None
    admit()
    submission = _without_secret(submission)
    inbox = desk.complaints if submission.about in topics.COMPLAINTS else desk.inbox
    reference = joined or inbox.claim(submission)
    late = desk.too_late(reference, submission.digest)
    if late:
        raise late
    target = desk.quarantine if suspicious else inbox
    asked = submission.kind == derive.PORTFOLIO and desk.asked(reference)
    delivery = target.put(submission, reference, joins=joined is not None, received_at=now(), asked=asked)
    if not suspicious:
        desk.confirm(delivery)
    secret = desk.receipts.secret(delivery.reference)
    return Receipt(delivery.reference, secret, submission.kind, submission.about)


def _without_secret(submission: Submission) -> Submission:
    """Once it has proved what it should: who reads the records shall not be able to open the applicant's link."""
    case = submission.value.get("case", {})
    if "secret" not in case:
        return submission
    rest = {name: text for name, text in case.items() if name != "secret"}
    return replace(submission, value={**submission.value, "case": rest})


def _joined(desk: Desk, submission: Submission) -> str | list[Finding] | None:
    """The reference of the case that a portfolio joins; None if it opens one of its own."""
    case = submission.value.get("case", {})
    typed = case.get("reference", "").strip()
    if submission.kind != derive.PORTFOLIO or not (typed or case.get("secret")):
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
