"""/link: a portfolio that came without its reference goes on in the case of the same person (D2).

First the other case gets it, then this one is closed: killed in between, the command is done again and finds the first done.
"""

from __future__ import annotations

from pipeline.cases.context import Work
from pipeline.cases.events import LINKED, Case
from pipeline.forms import json_schema
from pipeline.timestamps import stamp


def newer(work: Work, target: Case) -> bool:
    """The other case has a portfolio that was sent after this one: it stays, and answers for both."""
    event, there = work.case.current(json_schema.PORTFOLIO), target.current(json_schema.PORTFOLIO)
    return event is not None and there is not None and event.received < there.received


def join(work: Work, reference: str) -> bool:
    """False if somebody else was faster at either case: read again, decide again."""
    if len(work.store.case(work.case.reference).events) != len(work.case.events):
        return False  # it may be forgotten since: no copy of it stays in the other case
    event, target = work.case.current(json_schema.PORTFOLIO), work.store.case(reference)
    if event is None or target.names(str(event.data["digest"])) or newer(work, target):
        return True
    digest = str(event.data["digest"])
    source = work.store.private(work.case.reference, digest)
    for path in sorted(source.iterdir()) if source.is_dir() else []:
        work.store.keep_private(reference, digest, path.name, path.read_bytes())
    sent_there = {name: value for name, value in event.data.items() if name not in ("changed", "belongs_to")}
    data = {**sent_there, "of": work.case.reference, "joined": True, "received": event.received}
    if target.current(json_schema.PORTFOLIO):
        sent = work.store.submission(work.case.reference, digest) or {}
        data["changed"] = work.store.changed(target, json_schema.PORTFOLIO, sent.get("answers", {}))
    return work.store.append(target, LINKED, at=stamp(work.now), by=work.person.login, data=data) is not None
