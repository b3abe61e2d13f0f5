"""Runs Git. Its words are told without the remote's address: that may hold a token."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from pipeline.errors import GitFailed, PushRejected

TIMEOUT = 120  # seconds a Git command may take
FASTER = ("[rejected]", "failed to update ref", "cannot lock ref", "incorrect old value")  # somebody else pushed first
AUTHOR = {"NAME": "Certificate pipeline", "EMAIL": "pipeline@localhost.invalid"}


def git(folder: Path, *arguments: str, given: bytes | None = None) -> str:
    """What Git prints; `given` is what it reads. Raises GitFailed (never with a remote's address: it may hold a token)."""
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    for who in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{who}_{key}": value for key, value in AUTHOR.items()}
    command = ["git", "-c", "gc.auto=0", "-c", "core.hooksPath=/dev/null", *arguments]
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, input=given, capture_output=True, timeout=TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GitFailed(
            f"git {arguments[0]} did not finish; check that git is installed and the network is there"
        ) from error
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace")
        if arguments[0] == "push" and any(sign in words for sign in FASTER):
            raise PushRejected("somebody else has pushed in the meantime")
        raise GitFailed(f"git {arguments[0]} failed: {_reason(words)}")
    return done.stdout.decode("utf-8", "replace").strip()


def _reason(words: str) -> str:
    known = {
        "Authentication failed": "the credentials were refused; renew the token",
        "could not read Username": "no credentials; set the token",
        "[remote rejected]": "a rule of the repository refuses the push (a hook, a protected branch); change the rule",
        "archived": "the repository is archived and can only be read; unarchive it in its settings",
        "Permission denied": "access was refused; check the token's rights",
        "403": "access was refused; check the token's rights",
        "couldn't find remote ref": (
            "the remote has no branch of that name; switch the records to a branch that it has, "
            "or push this one first (git push --set-upstream origin HEAD)"
        ),
        "dubious ownership": "the folder belongs to another user; run this as its owner",
        "index.lock": (
            "another Git command is at work in this folder, or was killed there; if none is running, "
            "remove index.lock from its Git folder"
        ),
        "does not appear to be a git repository": "the remote is not there; check its address",
        "Could not resolve host": "the remote cannot be reached; check the network",
        "unable to access": "the remote cannot be reached; check the network",
    }
    return next((reason for sign, reason in known.items() if sign in words), "run it by hand to see more")
