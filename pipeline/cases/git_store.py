"""The records in a checked-out Git repository: `git push` without force is the compare-and-swap (D4)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.cases.store import Store
from pipeline.durable import TEMPORARY, remove, sweep
from pipeline.errors import GitFailed
from pipeline.git import git
from pipeline.submissions.inbox import NAME

UNDER_WAY = {  # what Git keeps in its folder while a person is at work → (what that is, how it is given up)
    "rebase-merge": ("a rebase", "git rebase --abort"),
    "rebase-apply": ("a rebase", "git rebase --abort"),
    "MERGE_HEAD": ("a merge", "git merge --abort"),
    "CHERRY_PICK_HEAD": ("a cherry-pick", "git cherry-pick --abort"),
    "REVERT_HEAD": ("a revert", "git revert --abort"),
    "BISECT_LOG": ("a bisection", "git bisect reset"),
}


SET_ASIDE = "set-aside.json"  # set_aside.py
PLACES = ("cases", "inbox", "pulled", "references", "rejected", "schemas")  # what this program writes, beside its marks


def _ours(name: str) -> bool:
    """A mark is a file without an ending, like comments-read-until."""
    place, _slash, inside = name.partition("/")
    return place in PLACES if inside else "." not in name or name == SET_ASIDE


def _mended(kind: str, name: str) -> bool:
    """No run changes what lies aside: a person has."""
    return kind == "M" and name.startswith("rejected/") and name.endswith(".json")


@dataclass(frozen=True)
class GitStore(Store):
    """The remote alone is true: `refresh` starts from it anew.

    What a killed run left uncommitted goes, for the next run does it again; but what waits in inbox/ is delivered. A
    person's own files stay as they are, and what a person changed stops the run. Nothing is stashed: a stash would keep
    what is forgotten.
    `branch` is "" where a commit is checked out and no branch: such records can be read, and not written.
    """

    branch: str = "main"

    @classmethod
    def at(cls, root: Path) -> GitStore:
        return cls(root, branch=git(root, "branch", "--show-current"))

    def refresh(self) -> None:
        self.ensure_ready()
        remote = f"refs/remotes/origin/{self.branch}"
        git(self.root, "fetch", "--quiet", "origin", f"+refs/heads/{self.branch}:{remote}")
        if git(self.root, "status", "--porcelain"):
            self._undo()
        git(self.root, "reset", "--quiet", "--hard", remote)
        log = self._folder / "logs" / remote  # where Git notes that the history there was replaced
        if self._replaced.exists() or (log.is_file() and b": forced-update" in log.read_bytes()):
            self.tidy()

    def publish(self, message: str) -> None:
        changed = [name for _kind, name in self._changes() if _ours(name)]
        new = [name for name in self._untracked() if _ours(name)]
        if changed or new:
            names = "\0".join((*changed, *new)).encode()
            git(self.root, "add", "--all", "--pathspec-from-file=-", "--pathspec-file-nul", given=names)
            git(self.root, "commit", "--quiet", "--message", message)
            git(self.root, "push", "--quiet", "origin", f"HEAD:refs/heads/{self.branch}")

    def replace(self, seen: str, new: str) -> None:
        """Another history in the place of the one that was seen, at the remote and here. Raises PushRejected."""
        self._replaced.touch()
        lease = f"--force-with-lease=refs/heads/{self.branch}:{seen}"
        git(self.root, "push", "--quiet", lease, "origin", f"{new}:refs/heads/{self.branch}")
        git(self.root, "reset", "--quiet", "--hard", new)

    def tidy(self) -> None:
        """Delete here what no branch leads to any more: a history that was replaced held what is forgotten.

        A mark lies in Git's folder until that is done: after a kill the next refresh does it. A person's stashes stay.
        """
        self._replaced.touch()
        refs = git(self.root, "for-each-ref", "--format=%(refname)", "refs/heads", "refs/remotes").split()
        git(self.root, "update-ref", "-d", "ORIG_HEAD")
        logged = [ref for ref in ("HEAD", *refs) if (self._folder / "logs" / ref).is_file()]
        if logged:
            git(self.root, "reflog", "expire", "--expire=now", "--expire-unreachable=now", *logged)
        git(self.root, "gc", "--quiet", "--prune=now")
        self._replaced.unlink()

    @property
    def _folder(self) -> Path:
        return Path(git(self.root, "rev-parse", "--absolute-git-dir"))

    @property
    def _replaced(self) -> Path:
        return self._folder / "history-was-replaced"

    def _changes(self) -> list[tuple[str, str]]:
        """(A, M or D; name) of what is tracked and not as it was committed."""
        told = git(self.root, "diff", "--name-status", "--no-renames", "-z", "HEAD").split("\0")
        return list(zip(told[::2], told[1::2], strict=False))

    def _untracked(self) -> list[str]:
        """Without what is half-written."""
        names = git(self.root, "ls-files", "--others", "-z").split("\0")
        return [name for name in names if name and not TEMPORARY.fullmatch(name.rpartition("/")[2])]

    def _undo(self) -> None:
        """Raises GitFailed where a person has changed what is tracked."""
        theirs = sorted(name for kind, name in self._changes() if not _ours(name) or _mended(kind, name))
        if theirs:
            raise GitFailed(
                f"{', '.join(theirs[:5])} of the records was changed and not committed. Nothing was written. Commit and "
                f"push it, or undo it with git restore --staged --worktree -- {theirs[0]}, then run this again"
            )
        sweep(self.root)
        for name in self._untracked():
            if _ours(name) and not (name.startswith("inbox/") and NAME.fullmatch(name.rpartition("/")[2])):
                remove(self.root / name)

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
