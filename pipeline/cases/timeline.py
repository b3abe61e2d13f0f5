"""What has happened in a case, a line an event, in the board's words: what somebody did, and what moved the case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.cases.events import (
    ANSWERED,
    CLAIMED,
    CONTACT,
    DELETED,
    ESCALATED,
    OPENED,
    RECEIVED,
    REMINDED,
    REVISED,
    UPDATED,
    Case,
    Event,
)
from pipeline.cases.issue_text import kind_word
from pipeline.cases.state import NOT_MET
from pipeline.data.model import Data
from pipeline.i18n import _

SILENT = (CLAIMED, OPENED, UPDATED, DELETED, REMINDED, ESCALATED, ANSWERED)  # no step of a case


@dataclass(frozen=True)
class Line:
    """`at` is UTC, like an event's; `login` of whoever did it, "" where it was the applicant."""

    at: str
    words: str
    login: str


def words() -> dict[str, str]:
    """By the type of an event, and after a slash the outcome where that makes a difference."""
    return {
        "received": _("{what} received"),
        "revised": _("{what} replaced by a newer one"),
        "contact_received": _("{what} received"),
        "portfolio_linked": _("The portfolio of {of} was joined to this case"),
        "scheduled": _("Arranged for {moment}"),
        "admitted": _("The case was admitted"),
        "linked": _("The portfolio went on in {reference}"),
        "linked/newer": _("Closed: {reference} has a newer portfolio"),
        "credited": _("The certificate of {reference} was counted"),
        "assigned": _("Assigned to {login}"),
        "claimed": _("Claimed as {role}"),
        "findings": _("Findings recorded: {number}, not met: {bad}"),
        "evidence_requested": _("More evidence was requested for {ids}"),
        "recommended/grant": _("Recommended to grant the certificate"),
        "recommended/decline": _("Recommended to decline the certificate"),
        "meeting_held": _("The meeting was held"),
        "meeting_missed": _("The applicant did not come"),
        "granted": _("The certificate was granted"),
        "declined": _("The certificate was declined"),
        "returned": _("The case went back to the audit"),
        "appealed": _("The applicant appealed"),
        "appeal_withdrawn": _("The applicant withdrew the appeal"),
        "message_answered": _("The message was answered by e-mail"),
        "paused": _("The case was paused"),
        "resumed": _("The case went on after a pause"),
        "withdrawn": _("The applicant withdrew"),
        "expired": _("The case expired"),
        "forgotten": _("What was sent was removed"),
    }


def lines(data: Data, case: Case) -> Iterator[Line]:
    """Oldest first; events without words are passed over."""
    known = words()
    for event in case.events:
        which = "newer" if event.data.get("newer") else event.data.get("outcome")
        said = known.get(f"{event.type}/{which}") or known.get(event.type)
        if said:
            login = "" if event.type in (RECEIVED, REVISED, CONTACT) else event.by
            yield Line(event.at, said.format(**_values(data, case, event)), login)


def _values(data: Data, case: Case, event: Event) -> dict[str, Any]:
    found = event.data.get("findings", ())
    names = {role.id: role.name for role in data.organization.roles}
    return {
        **{name: event.data.get(name, "") for name in ("of", "moment", "reference", "login")},
        "what": kind_word(data, str(event.data.get("kind")), case.about),
        "role": names.get(str(event.data.get("role")), ""),
        "number": len(found),
        "bad": sum(entry["verdict"] == NOT_MET for entry in found),
        "ids": ", ".join(event.data.get("statements", ())),
    }
