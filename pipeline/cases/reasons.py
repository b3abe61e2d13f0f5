"""Why something is not met, or met without evidence, in an auditor's words.

They lie beside what was submitted, and are forgotten with it; events name them by their hash (D3).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from pipeline.cases.events import Case
from pipeline.cases.state import Standing
from pipeline.cases.store import Store
from pipeline.durable import remove_folder
from pipeline.i18n import _
from pipeline.submissions.markdown import code, escaped, quoted
from pipeline.submissions.submission import sha256

MAX = 500  # characters of one reason
FILE, DOCUMENT = "reasons.json", "reasons.md"
Place = tuple[str, str]  # statement, criterion


def keep(store: Store, case: Case, reasons: Mapping[str, str]) -> None:
    """For programs and for reading; before the event that names them. `reasons`: "C3.4 mastery" → the words."""
    digest = sha256(dict(reasons))
    content = json.dumps(dict(reasons), ensure_ascii=False, indent=1).encode()
    store.keep_private(case.reference, digest, FILE, content)
    store.keep_private(case.reference, digest, DOCUMENT, _document(case.reference, reasons).encode())


def drop(store: Store, case: Case, reasons: Mapping[str, str]) -> None:
    """Where no event came to name them."""
    digest = sha256(dict(reasons))
    if reasons and not any(event.data.get("reasons") == digest for event in case.events):
        remove_folder(store.private(case.reference, digest))


def of(store: Store, case: Case, here: Standing) -> dict[Place, str]:
    """What stands now, by place; without what has been forgotten. Raises StoreFailed."""
    files = {digest: store.private_object(case.reference, digest, FILE) or {} for digest in set(here.reasons.values())}
    found = {place: files[digest].get(" ".join(place)) for place, digest in here.reasons.items()}
    return {place: str(words) for place, words in found.items() if words}


def _document(reference: str, reasons: Mapping[str, str]) -> str:
    return "\n".join(_lines(reference, reasons)) + "\n"


def _lines(reference: str, reasons: Mapping[str, str]) -> Iterator[str]:
    yield "# " + escaped(_("Reasons for findings"))
    yield ""
    yield _("Reference:") + f" {code(reference)}"
    for place, words in reasons.items():
        yield from ("", f"## {escaped(place)}", "", quoted(words))
