"""`init-records`: the files of a new records repository. It holds no code but one short workflow that calls the site's (D5)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from pipeline.cases import people
from pipeline.errors import CannotGoOn, GitFailed
from pipeline.files import write_new
from pipeline.git import git
from pipeline.profiles.model import Organization

_SITE = re.compile(r"(?:github\.com[/:])?([A-Za-z0-9-]+/[A-Za-z0-9._-]+?)(?:\.git)?/?$")


def site_of(root: Path, name: str | None) -> tuple[str, str]:
    """(owner/name, SHA) of the site's repository: the commit that is checked out here. Raises CannotGoOn."""
    try:
        sha = git(root, "rev-parse", "HEAD")
        remote = name or git(root, "remote", "get-url", "origin")
    except GitFailed as error:
        raise CannotGoOn("The site's repository is not known here; give --site OWNER/NAME in a clone of it") from error
    found = _SITE.search(remote) if name or "github.com" in remote else None
    if not found:
        raise CannotGoOn("The site's repository is not on GitHub; give --site OWNER/NAME")
    return found[1], sha


def workflow(site: str, sha: str) -> dict[str, Any]:
    """Calls the site's workflow at one commit: a push to the site changes nothing here."""
    return {
        "name": "intake",
        "on": {
            "push": {"branches": ["main"], "paths": ["inbox/**"]},
            "issue_comment": {"types": ["created"]},
            "schedule": [{"cron": "17 * * * *"}],
            "workflow_dispatch": {},
        },
        "permissions": {},
        "concurrency": {"group": "intake"},
        "jobs": {
            "intake": {
                "permissions": {"contents": "write", "issues": "write"},
                "uses": f"{site}/.github/workflows/intake.yml@{sha}",
                "with": {"site": site, "sha": sha},
                "secrets": {"formspree_api_key": "${{ secrets.FORMSPREE_API_KEY }}"},
            }
        },
    }


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
    """Write what is not there yet; the names of what was written. Nothing that exists is changed."""
    text = "# Takes in what arrives. Written by `python -m pipeline init-records`.\n"
    text += yaml.safe_dump(workflow(site, sha), sort_keys=False, width=120)
    content = {
        ".github/workflows/intake.yml": text,
        ".gitattributes": "* -text\n",
        "README.md": readme(organization, site),
        "inbox/.gitkeep": "",
    }
    written = [name for name, body in content.items() if write_new(folder / name, body.encode())]
    if people.write_default(folder / "people.yml", organization):
        written.append("people.yml")
    return written
