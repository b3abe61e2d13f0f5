"""The records in a checked-out Git repository: `git push` without force is the compare-and-swap (D4)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.cases.store import Store
from pipeline.git import git


@dataclass(frozen=True)
class GitStore(Store):
    """The remote alone is true: `refresh` starts from it anew.

    What lies in the checkout uncommitted, left by a killed run or by a person at work, is stashed and not thrown away.
    """

    branch: str = "main"

    @classmethod
    def at(cls, root: Path) -> GitStore:
        return cls(root, git(root, "rev-parse", "--abbrev-ref", "HEAD"))

    def refresh(self) -> None:
        git(self.root, "fetch", "--quiet", "origin", self.branch)
        if git(self.root, "status", "--porcelain"):
            git(self.root, "stash", "push", "--quiet", "--include-untracked")
        git(self.root, "reset", "--quiet", "--hard", f"origin/{self.branch}")

    def publish(self, message: str) -> None:
        if git(self.root, "status", "--porcelain"):
            git(self.root, "add", "--all")
            git(self.root, "commit", "--quiet", "--message", message)
            git(self.root, "push", "--quiet", "origin", f"HEAD:refs/heads/{self.branch}")
