"""The records: one folder. On GitHub it is a checked-out repository (git_store.py), with the same files in it (D4).

inbox/                            deliveries not taken in yet
cases/<reference>/events/         what happened
cases/<reference>/private/        what was submitted
schemas/<sha256>.json             what it was judged by
references/, rejected/, people.yml
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self, TypeVar, cast

from pipeline.cases.events import JOINED, Case, append, read_case
from pipeline.durable import fingerprint, names, write_new
from pipeline.errors import GitFailed, PushRejected, StoreFailed

ATTEMPTS = 20  # how often a run starts over because somebody else was faster
T = TypeVar("T")


@dataclass(frozen=True)
class Store:
    """`publish` and `refresh` do nothing here: in a plain folder every write is already where everybody looks."""

    root: Path
    seen: dict[Path, tuple[object, Any]] | None = field(default=None, kw_only=True, compare=False, repr=False)

    def remembering(self) -> Self:
        """The same records for the length of one run, which reads a case or a schema again only when its files have changed."""
        return replace(self, seen={})

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
        folder = self.folder(reference)
        return self._once(folder, lambda: fingerprint(folder / "events"), lambda: read_case(folder))

    def _once(self, path: Path, state: Callable[[], object], read: Callable[[], T]) -> T:
        """What was read there before, if this run remembers it and its state is still the same. What raises is read again."""
        if self.seen is None:
            return read()
        now, known = state(), self.seen.get(path)
        if known is None or known[0] != now:
            known = self.seen[path] = (now, read())  # its state first: what is written meanwhile is read the next time
        return cast("T", known[1])

    def onward(self, reference: str) -> str:
        """Where a case goes on that was joined to another; else itself. Raises StoreFailed."""
        seen = {reference}
        while named := next((e.data["reference"] for e in self.case(reference).events if e.type == JOINED), None):
            if named in seen:
                break
            reference = str(named)
            seen.add(reference)
        return reference

    def changed(self, case: Case, kind: str, answers: Mapping[str, Any]) -> list[str]:
        """The statements whose answer is another than in the last delivery of that kind; all, where that is forgotten."""
        before = case.current(kind)
        sent = self.submission(case.reference, str(before.data["digest"])) if before else None
        old: Mapping[str, Any] = (sent or {}).get("answers", {})
        return [name for name in dict.fromkeys((*old, *answers)) if sent is None or old.get(name) != answers.get(name)]

    def folder(self, reference: str) -> Path:
        return self.root / "cases" / reference

    def readable(self, reference: str) -> Case | None:
        """None for a case that cannot be read at the moment; `damaged` says why."""
        try:
            return self.case(reference)
        except StoreFailed:
            return None

    def references(self) -> list[str]:
        return names(self.root / "cases")

    def cases(self) -> Iterator[Case]:
        """Every case that can be read: one damaged file is no reason to stop the work on all others."""
        for reference in self.references():
            case = self.readable(reference)
            if case and case.events:
                yield case

    def damaged(self) -> list[str]:
        """What is wrong with the cases that cannot be read, or whose submissions or schemas cannot, in words."""
        found: dict[str, None] = {}
        wrong: dict[str, str] = {}  # schema → what is wrong with it: hundreds of cases share one
        for reference in self.references():
            try:
                case = self.case(reference)
                for event in case.events:
                    if "reasons" in event.data:
                        self.private_object(reference, str(event.data["reasons"]), "reasons.json")
                for event in case.deliveries:
                    self.submission(reference, str(event.data["digest"]))
                    schema = str(event.data["schema"])
                    if schema not in wrong:
                        wrong[schema] = self._wrong_schema(schema)
                    if wrong[schema]:
                        found[f"{reference}: {wrong[schema]}"] = None
            except StoreFailed as error:
                found[str(error)] = None
        return list(found)

    def _wrong_schema(self, schema_hash: str) -> str:
        try:
            self.schema(schema_hash)
        except StoreFailed as error:
            return str(error)
        return ""

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
        """Raises StoreFailed."""
        path = self.root / "schemas" / f"{schema_hash}.json"
        return self._once(path, lambda: fingerprint(path), lambda: self._object(path))

    def submission(self, reference: str, digest: str) -> dict[str, Any] | None:
        """What was submitted; None once it has been forgotten. Raises StoreFailed."""
        return self.private_object(reference, digest, "submission.json")

    def private_object(self, reference: str, digest: str, name: str) -> dict[str, Any] | None:
        """A file of a case's private folder; None once it has been forgotten. Raises StoreFailed."""
        path = self.private(reference, digest) / name
        return self._object(path) if path.exists() else None

    def _object(self, path: Path) -> dict[str, Any]:
        try:
            value = json.loads(path.read_bytes())
        except (OSError, ValueError):
            value = None
        if not isinstance(value, dict):
            raise StoreFailed(f"{path.relative_to(self.root)} is not there or cannot be read; restore it from Git")
        return value


def about(verb: str, references: list[str]) -> str:
    """A commit message: references are no personal data."""
    unique = list(dict.fromkeys(references))
    more = f" and {len(unique) - 5} more" if len(unique) > 5 else ""
    return f"{verb} {', '.join(unique[:5])}{more}" if unique else "Keep what could not be taken in"
