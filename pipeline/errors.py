"""What cannot go on. Everything that a person can mend is a Finding instead (findings.py).

CannotGoOn
├── DataInvalid      the data has findings, and this step needs data without any
├── UnreadableInput  the bytes are no submission at all: size, type, encoding, depth
├── TooMany          everybody together sent more than can be worked on
├── AuditBegun       a revision came after the audit had begun (CaseOver: after the case had ended)
├── StoreFailed      what is kept cannot be read (WriteFailed: or cannot be written)
├── GitFailed        git said no (PushRejected: somebody else was faster)
├── GitHubFailed     GitHub said no (RateLimited: ask again later; OutOfTime: this run has asked long enough;
│                    Gone: somebody deleted it; Unusable: the whole repository; NotPrivate: the records are public)
├── MailFailed       the mail server cannot be used
└── ProviderFailed   the form provider said no (providers/)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.findings import Finding


class CannotGoOn(Exception):
    """The step stops; the message says why, and what to do about it."""


class DataInvalid(CannotGoOn):
    """`path`: the one file that it is about; "" for the folder data/."""

    def __init__(self, findings: list[Finding], path: str = "") -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = findings
        self.path = path


class UnreadableInput(CannotGoOn):
    """`status` is the HTTP status that says the same."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class TooMany(CannotGoOn):
    """`wait` is in seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__(f"Too much is sent at once; wait {wait} seconds")
        self.wait = wait


class AuditBegun(CannotGoOn):
    pass


class CaseOver(AuditBegun):
    """`anew`: a new self-assessment is the way on."""

    def __init__(self, message: str, anew: bool = False) -> None:
        super().__init__(message)
        self.anew = anew


class StoreFailed(CannotGoOn):
    pass


class WriteFailed(StoreFailed):
    pass


class GitFailed(CannotGoOn):
    pass


class PushRejected(GitFailed):
    pass


class GitHubFailed(CannotGoOn):
    """`status` is the HTTP status of the answer, 0 if there was none."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Gone(GitHubFailed):
    """Somebody has deleted what was asked for: it and the repository have been looked at since."""


class MailFailed(CannotGoOn):
    pass


class RateLimited(GitHubFailed):
    """`wait` is in seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__(f"GitHub asks to wait {wait:.0f} seconds. The next run goes on from here.")
        self.wait = wait


class OutOfTime(GitHubFailed):
    def __init__(self) -> None:
        super().__init__("This run has worked long enough. The next run goes on from here.")


class Unusable(GitHubFailed):
    """Nothing in this repository can be worked on, whatever it is."""


class NotPrivate(Unusable):
    pass
