"""What could not be taken in: kept as it came, with what was found. The rolling issue is drawn from here."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from pipeline.durable import names, write, write_new
from pipeline.findings import Finding
from pipeline.i18n import _
from pipeline.submissions.inbox import NAME


@dataclass(frozen=True)
class Rejected:
    """`root` is the records' folder."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / "rejected"

    def add(self, name: str, content: bytes, findings: list[Finding]) -> str:
        """The name under which it lies: its own, unless that is no name of a delivery. First what was found, then the file."""
        safe = name if NAME.fullmatch(name) else f"unknown-{hashlib.sha256(content).hexdigest()[:16]}.json"
        told = [finding.as_dict() for finding in findings]
        write(self.folder / f"{safe}.findings", json.dumps(told, ensure_ascii=False, indent=1).encode())
        write_new(self.folder / safe, content)
        return safe

    def all(self) -> dict[str, list[Finding]]:
        """What lies aside, by name."""
        found: dict[str, list[Finding]] = {}
        for name in names(self.folder, ".json"):
            found[name] = _told(self.folder / f"{name}.findings")
        return found


def _told(path: Path) -> list[Finding]:
    """What was found, of a file that people may have spoiled as well."""
    try:
        told = json.loads(path.read_bytes()) if path.is_file() else []
        return [Finding(entry["pointer"], entry.get("label", ""), entry.get("message", "")) for entry in told]
    except (ValueError, KeyError, TypeError, AttributeError):
        return [Finding("", path.name, _("cannot be read; what was found is not known any more"))]
