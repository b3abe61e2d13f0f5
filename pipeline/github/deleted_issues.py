"""An issue that somebody has deleted is opened anew: issues are drawn from the events (D3). An event says that it is gone."""

from __future__ import annotations

from datetime import datetime

from pipeline.cases.events import DELETED, OPENED
from pipeline.cases.ingest import BY
from pipeline.cases.store import Store
from pipeline.timestamps import stamp


def note_deleted(store: Store, reference: str, number: int, now: datetime) -> None:
    """From here on it counts as never opened. Nothing where that is known already. To be called in a `settle`."""
    case = store.case(reference)
    kinds = (str(event.data["kind"]) for event in case.events if event.type == OPENED)
    kind = next((kind for kind in kinds if (opened := case.opened(kind)) and opened.data["number"] == number), None)
    if kind:
        store.append(case, DELETED, at=stamp(now), by=BY, data={"kind": kind, "number": number})
