"""`forget --history`: every commit of the records anew, without some paths. Messages, authors and days stay as they are.

Plain Git, no further tool: commits that never held the paths keep their names; the rest get trees without them. The push
overwrites only what was seen (--force-with-lease), so a rival's push makes this run start over, and every run that still
has the old history is refused by the remote and begins again from the new one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.cases.git_store import GitStore
from pipeline.errors import CannotGoOn, PushRejected
from pipeline.git import git
from pipeline.gitobjects import COMMIT, TREE, Objects, entries
from pipeline.submissions import references
from pipeline.submissions.submission import is_key

FOLDER = b"40000"
ATTEMPTS = 10  # how often somebody else may push first
SIGNED = (b"gpgsig", b"gpgsig-sha256", b"mergetag")  # say something of the old commit that is not true of the new one


FORGOTTEN = (
    "What remains, because nothing here can reach it:",
    "- cases/…/events and references/…: what was done, without a name, an address or a text",
    "- e-mails that were sent, and what a form provider or a mail server keeps of its own",
    "- backups of these records, and copies that people have made: delete it there too, or let the backups run out",
)
IN_GIT = ("- comments under the issues of the case, with the reasons that people wrote there: delete them on GitHub",)
NAMED = (
    "- the applicant's name in the edit history of the issues of the case: choose “edited” at the top of each on GitHub, "
    "and delete its revisions",
)
IN_HISTORY = (
    "- the history of the records' Git repository: run this again with --history to take it out there",
    "- clones of it, and what GitHub keeps",
)
OUT_OF_HISTORY = (
    "- clones of the old history (a relay's mends itself with the next delivery): delete them, and clone anew",
    "- what GitHub keeps of old commits in its caches: ask GitHub Support to remove cached views and run garbage collection",
)


@dataclass
class Rewritten:
    """`commits`: how many have a new name. `refs`: others that still lead to the paths; `stashed`: so does a stash here."""

    commits: int = 0
    refs: list[str] = field(default_factory=list)
    stashed: bool = False


def ensure_whole(store: GitStore) -> None:
    """Raises GitFailed or CannotGoOn where this clone's history cannot be rewritten: asked before anything is removed."""
    if git(store.root, "rev-parse", "--is-shallow-repository") == "true":
        raise CannotGoOn("This clone does not have the whole history; run git fetch --unshallow, then run this again")
    with Objects(store.root):
        pass


def rewrite(store: GitStore, paths: Sequence[str]) -> Rewritten:
    """Take the paths (files or whole folders) out of the branch, here and at the remote. Raises GitFailed, CannotGoOn."""
    ensure_whole(store)
    for _attempt in range(ATTEMPTS):
        store.refresh()
        before = git(store.root, "rev-parse", "HEAD")
        with Objects(store.root) as objects:
            stripped = _Stripped(objects, frozenset(paths))
            after = stripped.history(git(store.root, "rev-list", "--topo-order", "--reverse", "HEAD").split())
        try:
            _take_over(store, before, after)
        except PushRejected:
            continue
        return _left(store, paths, stripped.renamed)
    raise CannotGoOn(
        "The remote refuses the new history. Allow force pushes to its branch for this once, then try again"
    )


_LAID = re.compile(r":\d+ \d+ [0-9a-f]+ ([0-9a-f]+) [AM]\t((?:inbox|rejected)/([^/]+\.json))")


def delivered(store: GitStore, prefix: str, wanted: Collection[str]) -> Iterator[str]:
    """What ever lay in inbox/ or rejected/ of these references, also where no event speaks of it any more: its path."""
    told = git(store.root, "log", "--all", "--diff-filter=AM", "--no-renames", "--raw", "--no-abbrev", "--format=")
    laid = {(found[2], found[3]): found[1] for found in map(_LAID.fullmatch, told.splitlines()) if found}
    with Objects(store.root) as objects:
        for (path, name), blob in sorted(laid.items()):
            key = name.partition("-")[0]
            made = references.candidates(prefix, key) if is_key(key) else ()
            if {*made, *_named(prefix, objects.read(blob))} & set(wanted):
                yield from (path, f"{path}.findings")


def _named(prefix: str, content: bytes) -> set[str | None]:
    """The references that a delivery names as its own; of what is no delivery every one that stands in it."""
    try:
        value = json.loads(content)
        typed = value["submission"].get("case", {}).get("reference", "")
        return {str(value["reference"]), references.normalise(prefix, str(typed))}
    except (ValueError, KeyError, TypeError, AttributeError):
        text = content.decode("utf-8", "replace")
        return {references.normalise(prefix, word) for word in re.findall(rf"(?i)\b{re.escape(prefix)}-[\w-]+", text)}


def remains(in_git: bool, rewritten: Rewritten | None, named: bool = False) -> list[str]:
    """What `forget` cannot remove, said and not denied (D10). `named`: the body puts names on issues."""
    lines = list(FORGOTTEN)
    if in_git:
        lines += IN_GIT
        lines += NAMED if named else ()
        lines += OUT_OF_HISTORY if rewritten else IN_HISTORY
    if rewritten:
        lines += [f"- {name} still leads to the old history: delete it" for name in rewritten.refs]
    if rewritten and rewritten.stashed:
        lines.append("- a stash in this checkout: look at it with git stash list, then run git stash clear and git gc")
    return lines


def _take_over(store: GitStore, before: str, after: str) -> None:
    """First the remote, then here; what nothing leads to any more is deleted here at once."""
    if before != after:
        store.replace(before, after)
    store.tidy()


def _left(store: GitStore, paths: Sequence[str], commits: int) -> Rewritten:
    git(store.root, "fetch", "--quiet", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*")
    every = git(store.root, "for-each-ref", "--format=%(refname)", "refs/heads", "refs/remotes", "refs/tags").split()
    still = [name for name in every if git(store.root, "rev-list", "--max-count=1", name, "--", *paths)]
    return Rewritten(commits, still, bool(git(store.root, "stash", "list")))


class _Stripped:
    """Old name → new name, of trees and commits."""

    def __init__(self, objects: Objects, paths: frozenset[str]) -> None:
        self.objects = objects
        self.paths = paths
        self.above = {path[: end + 1] for path in paths for end, letter in enumerate(path) if letter == "/"}
        self._trees: dict[tuple[str, str], str | None] = {}
        self._commits: dict[str, str] = {}

    @property
    def renamed(self) -> int:
        return sum(old != new for old, new in self._commits.items())

    def history(self, oldest_first: list[str]) -> str:
        """The new name of the last commit."""
        for name in oldest_first:
            self._commits[name] = self._commit(name)
        return self._commits[oldest_first[-1]]

    def _commit(self, name: str) -> str:
        head, gap, message = self.objects.read(name).partition(b"\n\n")
        lines = []
        changed = skipping = False
        for line in head.split(b"\n"):
            key, _space, value = line.partition(b" ")
            skipping = key in SIGNED or (skipping and line.startswith(b" "))
            if key in (b"tree", b"parent"):
                new = self._root(value.decode()) if key == b"tree" else self._commits[value.decode()]
                changed = changed or new != value.decode()
                line = key + b" " + new.encode()
            if not skipping:
                lines.append(line)
        return self.objects.add(COMMIT, b"\n".join(lines) + gap + message) if changed else name

    def _root(self, name: str) -> str:
        return self._tree(name, "") or self.objects.add(TREE, b"")

    def _tree(self, name: str, prefix: str) -> str | None:
        """None if nothing is left in it."""
        known = (name, prefix)
        if known not in self._trees:
            self._trees[known] = self._without(name, prefix)
        return self._trees[known]

    def _without(self, name: str, prefix: str) -> str | None:
        old = list(entries(self.objects.read(name)))
        new = []
        for mode, part, target in old:
            path = prefix + part.decode("utf-8", "surrogateescape")
            if path in self.paths:
                continue
            if mode == FOLDER and f"{path}/" in self.above:
                inner = self._tree(target.hex(), f"{path}/")
                if inner is None:
                    continue
                target = bytes.fromhex(inner)
            new.append((mode, part, target))
        if new == old:
            return name
        return self.objects.add(TREE, b"".join(m + b" " + p + b"\0" + t for m, p, t in new)) if new else None
