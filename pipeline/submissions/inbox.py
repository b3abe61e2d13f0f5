"""Deliveries: a Submission with its reference, made durable before anybody is told that it arrived (D14)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.durable import alone, names, remove, write, write_new
from pipeline.submissions import references
from pipeline.submissions.parsing import parse_json
from pipeline.submissions.sequence import UNKNOWN, Turn
from pipeline.submissions.submission import Submission

NAME = re.compile(r"[0-9a-f]{64}-[0-9a-f]{16}\.json")
FORMAT = 1


@dataclass(frozen=True)
class Delivery:
    """One file of the inbox. `joins`: the person proved, with the secret, that the reference's case is theirs.

    `received_at` is UTC, like 2027-03-14T09:00:00Z, and for people: `turn` says what came after what.
    `content` is the submission's plain value, not yet checked again.
    """

    name: str
    reference: str
    joins: bool
    received_at: str
    content: Mapping[str, Any]
    turn: Turn = UNKNOWN

    def to_bytes(self) -> bytes:
        value = {
            "format": FORMAT,
            "reference": self.reference,
            "joins": self.joins,
            "received_at": self.received_at,
            **({"turn": asdict(self.turn)} if self.turn.desk else {}),
            "submission": self.content,
        }
        return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8")


@dataclass(frozen=True)
class Inbox:
    """A folder with `inbox/` and `references/` in it: the records themselves, or a relay's outbox."""

    root: Path
    prefix: str
    folder: str = "inbox"

    @property
    def claims(self) -> Path:
        """What each reference stands for. It is there only once a delivery is: a claim without one says that it is lost."""
        return self.root / "references"

    def reference(self, submission: Submission) -> str:
        return references.free(self.claims, self.prefix, submission.key)

    def claim(self, submission: Submission, reference: str) -> bool | None:
        """True if this call claimed it, False if it was claimed for the same before, None if it is another's."""
        own = references.Claim(reference, submission.key, submission.kind, submission.about)
        if self.claimed(reference) is None and references.claim(self.claims, own):
            return True
        found = self.claimed(reference)
        return False if found and found.key == submission.key else None

    def claimed(self, reference: str) -> references.Claim | None:
        return references.read(self.claims, reference)

    def put(self, delivery: Delivery) -> Delivery:
        """Durable when this returns. Sent twice: the first file stays, with the later turn, and is what comes back."""
        path = self.path(delivery.name)
        while not write_new(path, delivery.to_bytes()):
            with suppress(FileNotFoundError), alone(path.parent):  # else it has just been taken in
                first = read(path)
                if first.turn.desk == delivery.turn.desk and first.turn.number < delivery.turn.number:
                    first = replace(first, turn=delivery.turn, received_at=delivery.received_at)
                    write(path, first.to_bytes())
                return first
        return delivery

    def done(self, name: str, same: Callable[[Path], bool]) -> None:
        """It is where it belongs. What was sent again meanwhile, and so is not the same any more, stays."""
        path = self.path(name)
        with suppress(FileNotFoundError), alone(path.parent):
            if same(path):
                remove(path)

    def pushed(self, name: str) -> bool:
        """A relay has handed it on, and nothing newer of the same key since: its outbox keeps the last name alone."""
        path = self.marker(name)
        return path.is_file() and path.read_text("utf-8") == name

    def marker(self, name: str) -> Path:
        return self.root / "pushed" / name.partition("-")[0]

    def names(self) -> list[str]:
        return names(self.root / self.folder, ".json")

    def path(self, name: str) -> Path:
        return self.root / self.folder / name


def read(path: Path) -> Delivery:
    """Raises ValueError or UnreadableInput for a file that no `put` has written, FileNotFoundError if it is gone."""
    value = parse_json(path.read_bytes())
    try:
        if value["format"] != FORMAT or not isinstance(value["submission"], dict) or not NAME.fullmatch(path.name):
            raise ValueError("is no delivery of this format")
        reference, joins, received_at = str(value["reference"]), value["joins"] is True, str(value["received_at"])
        turn = value.get("turn", {})
        turn = Turn(str(turn.get("desk", "")), int(turn.get("number", 0)), int(turn.get("seen", 0)))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("is no delivery of this format") from error
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", received_at):
        raise ValueError("has no time of receipt in UTC")
    return Delivery(path.name, reference, joins, received_at, value["submission"], turn)
