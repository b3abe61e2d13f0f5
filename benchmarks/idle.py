"""What a run of `intake` with nothing to do costs, by how many old cases there are: seconds of CPU of the whole process.

`python -m benchmarks.idle 0 1000 [--beside CHECKOUT]`; the other checkout is measured in turns with this one, on the same
records, with the same interpreter.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from pipeline.cases.store import Store
from pipeline.forms import json_schema
from pipeline.github.client import GitHub
from pipeline.github.sync import Intake
from pipeline.settings import ROOT
from pipeline.submissions.inbox import Delivery, Inbox
from pipeline.submissions.submission import Submission
from tests.fakes.github import FakeGitHub
from tests.support import DATA, JUDGE, PRACTICE, filled

TURNS = 3


def old_cases(root: Path, number: int, fake: FakeGitHub) -> None:
    """Portfolios of real size, each with its issue."""
    inbox = Inbox(root, DATA.organization.reference_prefix)
    schema = json_schema.form_schema(DATA, json_schema.PORTFOLIO, PRACTICE)
    for index in range(number):
        value = filled(json_schema.PORTFOLIO, PRACTICE, applicant={"name": f"Person {index}", "email": "p@example.org"})
        submission = Submission(json_schema.PORTFOLIO, PRACTICE, value, schema)
        reference = inbox.reference(submission)
        inbox.claim(submission, reference)
        inbox.put(Delivery(submission.name, reference, False, "2026-03-14T08:00:00Z", submission.value))
    github = GitHub(fake.url, fake.repository, "token", sleep=lambda _seconds: None)
    report = Intake(JUDGE, Store(root), github, "begin", address(fake))()
    if len(report.opened) != number:
        raise SystemExit(f"only {len(report.opened)} of {number} issues were opened")


def address(fake: FakeGitHub) -> str:
    return f"https://github.com/{fake.repository}/blob/main/"


def idle(checkout: Path, records: Path, fake: FakeGitHub) -> float:
    """Seconds of CPU of one run, which has nothing to do."""
    environment = {
        **os.environ,
        "PIPELINE_RECORDS": str(records),
        "PIPELINE_VAR": str(records.parent / "var"),
        "GITHUB_API_URL": fake.url,
        "GITHUB_REPOSITORY": fake.repository,
        "GITHUB_TOKEN": "token",
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "pipeline", "intake"]
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=True)
    if not done.stdout.startswith("0 taken in, 0 issues opened, 0 drawn anew"):
        raise SystemExit(f"the run was not idle: {done.stdout}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("numbers", type=int, nargs="+", metavar="CASES")
    parser.add_argument("--beside", type=Path, metavar="CHECKOUT", help="another state of the code")
    given = parser.parse_args()
    checkouts = [ROOT, *([given.beside] if given.beside else [])]
    for number in given.numbers:
        with tempfile.TemporaryDirectory() as folder, FakeGitHub() as fake:
            records = Path(folder) / "records"
            records.mkdir()
            old_cases(records, number, fake)
            took: dict[Path, list[float]] = {checkout: [] for checkout in checkouts}
            for _turn in range(TURNS):
                for checkout in checkouts:
                    took[checkout].append(idle(checkout, records, fake))
        for name, checkout in zip(("here", "beside"), checkouts, strict=False):
            middle, seen = statistics.median(took[checkout]), took[checkout]
            print(f"{number} cases, {name}: {middle:.2f} s (from {min(seen):.2f} to {max(seen):.2f})", flush=True)


if __name__ == "__main__":
    main()
