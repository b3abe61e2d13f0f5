"""What Git's history says of the events: as what each was first written. A chain alone cannot show that its end was cut off."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from pipeline.errors import GitFailed
from pipeline.git import git

_ADDED = re.compile(r":\d+ \d+ 0+ ([0-9a-f]+) A\tcases/([^/]+)/events/([^/]+)")
Origins = Mapping[str, Mapping[str, str]]  # reference → name of the event's file → Git's name of its content


def origins(root: Path) -> Origins:
    """Empty where the records are no repository; of a shallow clone what its history has. Raises GitFailed."""
    found: dict[str, dict[str, str]] = {}
    if not (root / ".git").exists() or not _any(root):
        return found
    added = ["--reverse", "--diff-filter=A", "--no-renames", "--raw", "--no-abbrev", "--format="]
    for line in git(root, "log", *added, "--", "cases").splitlines():
        if event := _ADDED.fullmatch(line):
            found.setdefault(event[2], {}).setdefault(event[3], event[1])
    return found


def _any(root: Path) -> bool:
    try:
        git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    except GitFailed:
        return False
    return True


def same(name: str, data: bytes) -> bool:
    """Whether a content has this name in Git: its SHA-1, or SHA-256 where the repository uses that (gitformat-hash)."""
    digest = hashlib.sha1 if len(name) == 40 else hashlib.sha256
    return digest(b"blob %d\0" % len(data) + data).hexdigest() == name
