"""`init-records`: the files of a new records repository. It holds no code but one short workflow that calls the site's (D5)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from pipeline.cases import people
from pipeline.data.model import Organization
from pipeline.durable import write_new
from pipeline.errors import CannotGoOn, GitFailed
from pipeline.git import git
from pipeline.providers import PROVIDERS
from pipeline.providers.provider import TOKEN

_NAME = r"([A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!\.{1,2}(?:$|/))[A-Za-z0-9._-]{1,100}?)(?:\.git)?/?"
_SITE = re.compile(rf"(?:(?:https://|ssh://)?(?:[\w.:-]+@)?(?:www\.)?github\.com[/:])?{_NAME}")

HOURLY, DAILY = "17 * * * *", "41 4 * * *"  # not on the hour: then GitHub's clock is latest

# What programs write and what people say to each other starts no machine: a line that begins with a slash does. A slash
# that stands elsewhere (cases/comment.py) waits for the clock.
COMMAND = (
    "github.event_name != 'issue_comment' || (github.event.comment.user.type == 'User' && "
    "(startsWith(github.event.comment.body, '/') || contains(github.event.comment.body, fromJSON('\"\\n/\"'))))"
)
# Who may comment here can read this private repository already; what they may do is asked of GitHub and people.yml.
# No text of a comment reaches a shell: the commands are read through the API.
REMARKS = {
    "issue_comment:": "zizmor: ignore[dangerous-triggers] private; no text of a comment reaches a shell",
    "contents: write": "the events of the cases are commits",
    "issues: write": "the auditors' issues and the answers to their commands",
}


def site_of(root: Path, name: str | None) -> tuple[str, str]:
    """(owner/name, SHA) of the site's repository: the commit that is checked out here. Raises CannotGoOn."""
    try:
        sha = git(root, "rev-parse", "HEAD")
        remote = name if name is not None else git(root, "remote", "get-url", "origin")
    except GitFailed as error:
        raise CannotGoOn("The site's repository is not known here; give --site OWNER/NAME in a clone of it") from error
    if name is not None:
        found = _SITE.fullmatch(name)
    else:
        found = re.search(f"{_NAME}$", remote) if "github.com" in remote else None
    if not found and name is not None:
        raise CannotGoOn(f"{name!r} is no repository of GitHub; write --site OWNER/NAME, like body/certificates")
    if not found:
        raise CannotGoOn("The site's repository is not on GitHub; give --site OWNER/NAME")
    return found[1], sha


def workflow(site: str, sha: str) -> dict[str, Any]:
    """Calls the site's workflow at one commit: a push to the site changes nothing here.

    Of a group one run waits, and a new one takes its place: it looks at everything anyway. The group is the job's, for a
    comment that starts nothing would take a place in the workflow's; and the day's run, which does more, has its own.
    """
    keys = dict.fromkeys([*(provider.key_name for provider in PROVIDERS.values()), TOKEN])
    return {
        "name": "intake",
        "on": {
            "push": {"branches": ["main"], "paths": ["inbox/**"]},
            "issue_comment": {"types": ["created"]},
            "schedule": [{"cron": HOURLY}, {"cron": DAILY}],
            "workflow_dispatch": {},
        },
        "permissions": {},
        "jobs": {
            "intake": {
                "name": "Take in what has arrived",
                "if": COMMAND,
                "concurrency": {"group": "intake-${{ github.event.schedule }}"},
                "permissions": {"contents": "write", "issues": "write"},
                "uses": f"{site}/.github/workflows/intake.yml@{sha}",
                "with": {
                    "site": site,
                    "sha": sha,
                    "daily": f"${{{{ github.event.schedule == '{DAILY}' || github.event_name == 'workflow_dispatch' }}}}",
                },
                "secrets": {key.lower(): f"${{{{ secrets.{key} }}}}" for key in keys},
            }
        },
    }


def workflow_text(site: str, sha: str) -> str:
    """The same as a file, with the remarks that YAML cannot carry as values."""
    lines = yaml.safe_dump(workflow(site, sha), sort_keys=False, width=1000).splitlines()
    told = [f"{line} # {REMARKS[line.strip()]}" if line.strip() in REMARKS else line for line in lines]
    return "\n".join(["# Takes in what arrives. Written by `python -m pipeline init-records`.", *told, ""])


def readme(organization: Organization, site: str) -> str:
    return f"""# Records of {organization.name}

This repository must be private. It holds what applicants sent, and what became of it.

- `inbox/`: deliveries that are waiting. The workflow takes them in.
- `cases/<reference>/events/`: what happened, one file an event. Nobody edits them.
- `cases/<reference>/private/`: what was sent. `submission.md` and `portfolio.md` are for reading.
- `rejected/`: what could not be taken in, with what is to be mended.
- `people.yml`: who works on the cases, and in which roles.

The code is in {site}. To move to a newer version of it, change the SHA in `.github/workflows/intake.yml` (twice).
"""


def init(folder: Path, organization: Organization, site: str, sha: str) -> list[str]:
    """Write what is not there yet; the names of what was written. Nothing that exists is changed. Raises CannotGoOn."""
    if folder.exists() and not folder.is_dir():
        raise CannotGoOn(f"{folder} is a file; name a folder, which may be new")
    content = {
        ".github/workflows/intake.yml": workflow_text(site, sha),
        ".gitattributes": "* -text\n",
        "README.md": readme(organization, site),
        "inbox/.gitkeep": "",
    }
    written = [name for name, body in content.items() if write_new(folder / name, body.encode())]
    if people.write_default(folder / "people.yml", organization):
        written.append("people.yml")
    return written
