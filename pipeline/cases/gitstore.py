"""The records in a checked-out Git repository: `git push` without force is the compare-and-swap (D4)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.cases.store import Store
from pipeline.errors import GitFailed
from pipeline.git import git

UNDER_WAY = {  # what Git keeps in its folder while a person is at work → (what that is, how it is given up)
    "rebase-merge": ("a rebase", "git rebase --abort"),
    "rebase-apply": ("a rebase", "git rebase --abort"),
    "MERGE_HEAD": ("a merge", "git merge --abort"),
    "CHERRY_PICK_HEAD": ("a cherry-pick", "git cherry-pick --abort"),
    "REVERT_HEAD": ("a revert", "git revert --abort"),
    "BISECT_LOG": ("a bisection", "git bisect reset"),
}


@dataclass(frozen=True)
class GitStore(Store):
    """The remote alone is true: `refresh` starts from it anew.

    What lies in the checkout uncommitted, left by a killed run or by a person at work, is stashed and not thrown away.
    `branch` is "" where a commit is checked out and no branch: such records can be read, and not written.
    """

    branch: str = "main"

    @classmethod
    def at(cls, root: Path) -> GitStore:
        return cls(root, git(root, "branch", "--show-current"))

    def refresh(self) -> None:
        self.ensure_ready()
        remote = f"refs/remotes/origin/{self.branch}"
        git(self.root, "fetch", "--quiet", "origin", f"+refs/heads/{self.branch}:{remote}")
        if git(self.root, "status", "--porcelain"):
            git(self.root, "stash", "push", "--quiet", "--include-untracked")
        git(self.root, "reset", "--quiet", "--hard", remote)

    def publish(self, message: str) -> None:
        if git(self.root, "status", "--porcelain"):
            git(self.root, "add", "--all")
            git(self.root, "commit", "--quiet", "--message", message)
            git(self.root, "push", "--quiet", "origin", f"HEAD:refs/heads/{self.branch}")

    def ensure_ready(self) -> None:
        """Raises GitFailed unless the checkout is of a branch with commits, and nobody is in the middle of something."""
        try:
            said = git(self.root, "rev-parse", "--absolute-git-dir", "--symbolic-full-name", "HEAD")
        except GitFailed as error:
            raise GitFailed(
                "The records have no commit yet, or their checkout is damaged (git status says more). Nothing was written. "
                "Commit and push the files of init-records, then run this again"
            ) from error
        folder, _line, head = said.rpartition("\n")
        now = head.removeprefix("refs/heads/")
        for name, (what, give_up) in UNDER_WAY.items():
            if Path(folder, name).exists():
                raise GitFailed(
                    f"The records are in the middle of {what}. Nothing was written. Finish it or give it up "
                    f"({give_up}), then run this again"
                )
        if not self.branch or head == "HEAD":
            raise GitFailed(
                "The records are checked out at a commit and not on a branch (a detached HEAD), so nothing can be pushed. "
                "Nothing was written. Run git switch with the branch's name (mostly: git switch main), then run this again"
            )
        if now != self.branch:
            raise GitFailed(
                f"The records were on the branch {self.branch} and are now on {now}. Nothing was written. "
                f"Run git switch {self.branch}, then run this again"
            )
