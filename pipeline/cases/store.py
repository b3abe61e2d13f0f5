"""The records: one folder. On GitHub it is a checked-out repository (gitstore.py), with the same files in it (D4).

inbox/                            deliveries not taken in yet
cases/<reference>/events/         what happened
cases/<reference>/private/        what was submitted
schemas/<sha256>.json             what it was judged by
references/, rejected/, people.yml
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pipeline.cases.events import Case, append, read_case
from pipeline.errors import GitFailed, PushRejected, StoreFailed
from pipeline.files import names, write_new

ATTEMPTS = 20  # how often a run starts over because somebody else was faster
T = TypeVar("T")


@dataclass(frozen=True)
class Store:
    """`publish` and `refresh` do nothing here: in a plain folder every write is already where everybody looks."""

    root: Path

    def refresh(self) -> None:
        """See what others have done."""

    def publish(self, message: str) -> None:
        """Let others see it. Raises PushRejected if somebody was faster: refresh, decide again."""

    def settle(self, message: str, change: Callable[[], T]) -> T:
        """Make a change until it is where everybody sees it: on whatever head there is by then. Raises GitFailed."""
        for _attempt in range(ATTEMPTS):
            changed = change()
            try:
                self.publish(message)
                return changed
            except PushRejected:
                self.refresh()
        raise GitFailed("Others pushed faster, again and again; the next run goes on.")

    def case(self, reference: str) -> Case:
        return read_case(self.folder(reference))

    def folder(self, reference: str) -> Path:
        return self.root / "cases" / reference

    def references(self) -> list[str]:
        return names(self.root / "cases")

    def cases(self) -> Iterator[Case]:
        """Every case that can be read: one damaged file is no reason to stop the work on all others."""
        for reference in self.references():
            with contextlib.suppress(StoreFailed):
                case = self.case(reference)
                if case.events:
                    yield case

    def damaged(self) -> list[str]:
        """What is wrong with the cases that cannot be read, in words."""
        found = []
        for reference in self.references():
            try:
                self.case(reference)
            except StoreFailed as error:
                found.append(str(error))
        return found

    def append(self, case: Case, kind: str, *, at: str, by: str, data: Mapping[str, Any]) -> Case | None:
        return append(self.folder(case.reference), case, kind, at=at, by=by, data=data)

    def keep_private(self, reference: str, digest: str, name: str, content: bytes) -> None:
        write_new(self.private(reference, digest) / name, content)

    def private(self, reference: str, digest: str) -> Path:
        return self.folder(reference) / "private" / digest[:16]

    def keep_schema(self, schema_hash: str, schema: Mapping[str, Any]) -> None:
        path = self.root / "schemas" / f"{schema_hash}.json"
        if not path.exists():
            write_new(path, json.dumps(schema, ensure_ascii=False, indent=1).encode())

    def schema(self, schema_hash: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.root / "schemas" / f"{schema_hash}.json").read_bytes())
        return found

    def submission(self, reference: str, digest: str) -> dict[str, Any] | None:
        """What was submitted; None once it has been forgotten."""
        path = self.private(reference, digest) / "submission.json"
        return json.loads(path.read_bytes()) if path.is_file() else None


def about(verb: str, references: list[str]) -> str:
    """A commit message: references are no personal data."""
    unique = list(dict.fromkeys(references))
    more = f" and {len(unique) - 5} more" if len(unique) > 5 else ""
    return f"{verb} {', '.join(unique[:5])}{more}" if unique else "Keep what could not be taken in"
