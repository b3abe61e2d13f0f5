"""Why nothing more can be sent to a case, and what its applicant does instead."""

from __future__ import annotations

from pipeline.cases.events import Case
from pipeline.cases.standing import standing, takes
from pipeline.errors import AuditBegun, CaseOver
from pipeline.profiles.model import Data
from pipeline.text import _, language


def too_late(data: Data, case: Case, digest: str) -> AuditBegun | None:
    """None if what has this digest may be sent to the case, or is there already. In the language that is spoken."""
    if takes(data, case) or any(one.data["digest"] == digest for one in case.latest):
        return None
    state = standing(data.in_language(language.get()), case).state
    if state.open:
        words = _("The audit of {reference} has begun, so what is audited cannot be replaced any more. Write to us.")
        return AuditBegun(words.format(reference=case.reference))
    words = _("{reference} is over ({stage}). Nothing more can be sent to it.")
    return CaseOver(f"{words.format(reference=case.reference, stage=state.title)} {_instead(state.id)}")


def _instead(state: str) -> str:
    if state == "granted":
        return _("If something has to be put right, write to us.")
    if state == "declined":
        return _("You may appeal against the decision; the page about complaints and appeals says how.")
    return _(
        "A new self-assessment begins a new case. Save a copy of what you wrote, to read it. "
        "Then open the form of the self-assessment, choose “Clear this draft”, and fill it in anew."
    )
