"""Why nothing more can be sent to a case, and what its applicant does instead."""

from __future__ import annotations

from pipeline.cases.events import Case
from pipeline.cases.phases import Phase, phase
from pipeline.cases.state import standing, takes
from pipeline.data.model import Data
from pipeline.errors import AuditBegun, CaseOver
from pipeline.i18n import _, language


def too_late(data: Data, case: Case) -> AuditBegun | None:
    """None as long as something may be sent to the case."""
    return None if takes(data, case) else refused(data, case)


def refused(data: Data, case: Case) -> AuditBegun:
    """Of a case that takes nothing more. In the language that is spoken."""
    state = standing(data.in_language(language.get()), case).state
    if state.open:
        words = _("The audit of {reference} has begun, so what is audited cannot be replaced any more. Write to us.")
        return AuditBegun(words.format(reference=case.reference))
    words = _("{reference} is over ({stage}). Nothing more can be sent to it.")
    over = words.format(reference=case.reference, stage=state.title)
    found = phase(data.process, state.id)
    return CaseOver(f"{over} {_instead(found)}", anew=found not in (Phase.GRANTED, Phase.DECLINED))


def title(late: AuditBegun) -> str:
    """What stands over the reason."""
    return _("This case is over") if isinstance(late, CaseOver) else _("The audit has begun")


def _instead(found: Phase) -> str:
    if found is Phase.GRANTED:
        return _("If something has to be put right, write to us.")
    if found is Phase.DECLINED:
        return _("You may appeal against the decision; the page about complaints and appeals says how.")
    return _(  # the button is there only where the form keeps a draft
        "A new self-assessment begins a new case. First keep a copy of what you wrote. Then open the form of the "
        "self-assessment. If you see “Clear this draft” there, choose it. Then fill in the form anew."
    )
