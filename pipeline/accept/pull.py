"""Form provider → inbox. Started again at any point it takes everything, and nothing twice."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from pipeline.accept import raw, references
from pipeline.accept.accept import Desk, accept
from pipeline.accept.check import check
from pipeline.accept.inbox import Delivery
from pipeline.accept.providers import Provider, Sent
from pipeline.accept.submission import Submission, sha256
from pipeline.cases.rejected import Rejected
from pipeline.cases.store import Store
from pipeline.errors import AuditBegun
from pipeline.files import write
from pipeline.findings import Finding
from pipeline.moment import now
from pipeline.profiles import derive, topics
from pipeline.text import _


@dataclass
class Pulled:
    """What a run found."""

    new: int = 0
    known: int = 0
    rejected: int = 0


@dataclass(frozen=True)
class Pull:
    """`store` is the records; `desk` has them as its inbox. The provider's last time is kept in pulled/<provider>.json."""

    provider: Provider
    desk: Desk
    store: Store

    def __call__(self) -> Pulled:
        """Raises ProviderFailed; what was read until then is kept."""
        done = Pulled()
        path = self.store.root / "pulled" / f"{self.provider.name}.json"
        kept = json.loads(path.read_bytes()) if path.is_file() else {"since": "", "seen": []}
        last, seen = str(kept["since"]), set(kept["seen"])
        try:
            for sent in self.provider.sent(last):
                mark = sha256(dict(sent.form))
                if mark in seen:
                    done.known += 1
                    continue
                self._take(sent, done)
                seen = {*seen, mark} if sent.at <= last else {mark}
                last = max(last, sent.at)
        finally:
            write(path, json.dumps({"since": last, "seen": sorted(seen)}).encode())
        return done

    def _take(self, sent: Sent, done: Pulled) -> None:
        value = to_value(self.desk, sent)
        if isinstance(value, dict) and value.get("topic") in topics.COMPLAINTS:
            message = _(
                "A complaint or an appeal came through the form provider. Its text was not copied: read it there"
            )
            self._reject(value, [Finding("", sent.at, message)], done)
            return
        submission = check(self.desk.judge, value)
        if isinstance(submission, list):
            self._reject(value, submission, done)
            return
        if any(text for name in raw.HONEYPOTS for text in sent.form.get(name, [])):
            message = _(
                "A hidden field that no person sees was filled in. If a person wrote it, move the file to inbox/"
            )
            self._reject(value, [Finding("", str(submission.schema["title"]), message)], done)
            return
        if self._known(submission):
            done.known += 1
            return
        try:
            result = accept(self.desk, submission.value, prove=False)
        except AuditBegun as error:
            result = [Finding("", str(submission.schema["title"]), str(error))]
        if isinstance(result, list):
            self._reject(value, result, done)
        else:
            done.new += 1

    def _known(self, submission: Submission) -> bool:
        """A run that was killed before it had kept its place has put this one in already."""
        prefix = self.desk.inbox.prefix
        typed = references.normalise(prefix, submission.value.get("case", {}).get("reference", ""))
        possible = [*references.candidates(prefix, submission.key), *([typed] if typed else [])]
        waits = self.desk.inbox.path(submission.name).exists()
        return waits or any(self.store.case(reference).names(submission.digest) for reference in possible)

    def _reject(self, value: object, findings: list[Finding], done: Pulled) -> None:
        reject(self.desk, self.store, value, findings)
        done.rejected += 1


def to_value(desk: Desk, sent: Sent) -> object:
    """A provider's post → the submission's value; as it came, if it is none of our forms."""
    first = {name: values[0] for name, values in sent.form.items() if values}
    schema = desk.judge.schema(first)
    if isinstance(schema, Finding):
        return first
    return raw.unflatten(schema, sent.form)[0]


def reject(desk: Desk, store: Store, value: object, findings: list[Finding]) -> str:
    """Keep what cannot be taken in as a delivery that can be mended and moved back to inbox/; its name.

    Of a complaint nothing but its kind: its text does not belong in the records (D10).
    """
    if isinstance(value, dict) and value.get("topic") in topics.COMPLAINTS:
        value = {"kind": derive.CONTACT, "topic": value["topic"]}
    content = json.dumps(value, ensure_ascii=False, sort_keys=True).encode()
    key = hashlib.sha256(content).hexdigest()
    reference = references.candidate(desk.inbox.prefix, key, references.LENGTHS[0])
    kept = value if isinstance(value, dict) else {"content": value}
    delivery = Delivery(f"{key}-{key[:16]}.json", reference, False, now(), kept)
    return Rejected(store.root).add(delivery.name, delivery.to_bytes(), findings)
