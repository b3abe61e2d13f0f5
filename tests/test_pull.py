"""Form provider → inbox over HTTP: pages, limits, restarts, and nothing twice; the same for every provider."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser, Route

from pipeline import providers
from pipeline.cases.git_store import GitStore
from pipeline.cases.store import Store
from pipeline.cli import main as command_line
from pipeline.data.model import Endpoint
from pipeline.errors import CannotGoOn, StoreFailed
from pipeline.forms import json_schema
from pipeline.github.sync import Intake
from pipeline.providers import PROVIDERS, configured, formspree, listing
from pipeline.providers import netlify as netlify_api
from pipeline.providers.listing import week_before
from pipeline.providers.provider import FormNeeds, Provider, ProviderFailed
from pipeline.providers.reader import Reader
from pipeline.receiving.desk import desk
from pipeline.receiving.pull import Place, Pull, Pulled
from pipeline.settings import ROOT
from pipeline.submissions.parsing import parse_form
from pipeline.submissions.references import candidate
from tests import steps
from tests.fakes.formspree import FakeFormspree
from tests.fakes.netlify import FakeNetlify
from tests.fakes.third import Third
from tests.support import CONCEPTS, DATA, JUDGE, PRACTICE, filled, form, remote

Fakes = FakeFormspree | FakeNetlify
FIRST = datetime(2027, 3, 14, 9, tzinfo=UTC)
NOW = datetime(2027, 5, 1, 9, tzinfo=UTC)


@pytest.fixture(params=[FakeFormspree, FakeNetlify], ids=lambda kind: kind.kind)
def fake(request: pytest.FixtureRequest) -> Iterator[Fakes]:
    with request.param() as started:
        yield started


@pytest.fixture
def netlify() -> Iterator[FakeNetlify]:
    with FakeNetlify() as started:
        yield started


@pytest.fixture(autouse=True)
def pages_of_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few submissions are many pages."""
    assert formspree.PAGE == netlify_api.PAGE == 100
    for module in (formspree, netlify_api):
        monkeypatch.setattr(module, "PAGE", 10)


def at(number: int) -> str:
    """A second a submission."""
    return (FIRST + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def post(number: int, value: dict[str, Any] | None = None) -> dict[str, str]:
    """What a browser posts."""
    value = value or filled(
        json_schema.SELF_ASSESSMENT, CONCEPTS, applicant={"name": f"Person {number}", "email": "p@example.org"}
    )
    return form(value)


def message(number: int) -> dict[str, str]:
    """A small one, to send many."""
    return post(number, filled(json_schema.CONTACT, "question", message=f"Question {number}?"))


def receive(fake: Fakes, *numbers: int) -> None:
    for number in numbers:
        fake.receive(message(number), at(number))


def provider_of(fake: Fakes, key: str, slept: list[float]) -> Provider:
    kind = PROVIDERS[fake.kind]
    provider = configured(Endpoint(fake.kind, fake.endpoint), {kind.key_name: key, kind.api_name: f"{fake.api}/"})
    assert isinstance(provider, kind)
    reader: Reader = provider.reader  # type: ignore[attr-defined]
    reader.sleep = slept.append
    return provider


def pull(root: Path, fake: Fakes, key: str = "", slept: list[float] | None = None) -> Pulled:
    store = Store(root / "records")
    here = desk(JUDGE, root / "var", store, store.root)
    return Pull(provider_of(fake, key or fake.key, slept if slept is not None else []), here, store, lambda: NOW)()


def place(root: Path, fake: Fakes) -> Path:
    return root / "records/pulled" / f"{fake.kind}.json"


def cases(root: Path) -> int:
    store = Store(root / "records")
    Intake(JUDGE, store)()
    return len(list(store.cases()))


def findings(root: Path) -> list[str]:
    kept = [json.loads(path.read_bytes()) for path in (root / "records/rejected").glob("*.findings")]
    return [entry["message"] for found in kept for entry in found]


def asked(fake: Fakes, name: str) -> list[str]:
    """What each request for a list had as this part of its query."""
    queries = [dict(parse_qsl(urlsplit(request).query)) for request in fake.requests]
    return [query.get(name, "") for query in queries]


def test_all_pages_are_read_and_the_next_run_takes_in_the_new_ones_alone(memory: Path, fake: Fakes) -> None:
    receive(fake, *range(23))
    assert pull(memory, fake) == Pulled(new=23)
    receive(fake, 23)
    assert pull(memory, fake).new == 1
    assert cases(memory) == 24
    done = pull(memory, fake)
    assert (done.new, done.rejected) == (0, 0)
    assert cases(memory) == 24


def test_a_later_version_with_the_same_id_is_taken_in_after_the_one_before_it(memory: Path, fake: Fakes) -> None:
    value = {**filled(json_schema.SELF_ASSESSMENT, CONCEPTS), "id": "c" * 32}
    later = {**value, "answers": {name: {"answer": "yes"} for name in value["answers"]}}
    fake.receive({**form(later), "id": "c" * 32}, at(2))
    fake.receive({**form(value), "id": "c" * 32}, at(1))
    assert pull(memory, fake) == Pulled(new=2)
    assert cases(memory) == 1
    (case,) = Store(memory / "records").cases()
    assert [event.type for event in case.deliveries] == ["received", "revised"]
    newest = max((memory / "records/cases").rglob("*.json"), key=lambda path: "yes" in path.read_text("utf-8"))
    assert '"partly"' not in newest.read_text("utf-8")


@pytest.mark.parametrize("after", range(3))
def test_a_run_that_breaks_off_is_gone_on_with(memory: Path, fake: Fakes, after: int) -> None:
    receive(fake, *range(after * 10))
    pull(memory, fake)
    receive(fake, *range(after * 10, 25))
    fake.faults = [200, 500, 500, 0, 500]
    with pytest.raises(ProviderFailed, match="goes on from here"):
        pull(memory, fake)
    pull(memory, fake)
    assert cases(memory) == 25


def test_killed_before_or_after_any_write_or_request_it_takes_the_rest_and_nothing_twice(
    memory: Path, fake: Fakes
) -> None:
    broken = post(1)
    del broken["answers.C1.1.answer"]
    fake.receive(broken, at(1))
    receive(fake, 2, 3)
    if isinstance(fake, FakeNetlify):
        fake.remaining = 100_000  # hundreds of runs in a minute are not what its limit is for
    (memory / "whole").mkdir()
    moments = steps.deaths(lambda: pull(memory / "whole", fake), memory / "whole")
    assert len(moments) > 20
    for moment in moments:
        root = memory / str(moment)
        root.mkdir()
        killed = steps.run(partial(pull, root, fake), moment)
        assert killed[0] == steps.KILLED, killed
        pull(root, fake)
        assert len(list((root / "records/rejected").glob("*.json"))) == 1
        assert cases(root) == 2
        done = pull(root, fake)
        assert (done.new, done.rejected) == (0, 0)
        shutil.rmtree(root)


def test_without_its_place_nothing_is_taken_twice_either(memory: Path, fake: Fakes) -> None:
    receive(fake, *range(5))
    pull(memory, fake)
    place(memory, fake).unlink()
    assert pull(memory, fake) == Pulled(known=5)
    assert cases(memory) == 5
    place(memory, fake).unlink()
    assert pull(memory, fake) == Pulled(known=5)
    assert not (memory / "records/inbox").exists() or not list((memory / "records/inbox").glob("*.json"))


def test_what_was_rejected_and_mended_does_not_come_back_with_the_next_run(memory: Path, fake: Fakes) -> None:
    broken = post(1)
    del broken["answers.C1.1.answer"]
    fake.receive(broken, at(1))
    receive(fake, 2)
    assert pull(memory, fake) == Pulled(new=1, rejected=1)
    (path,) = (memory / "records/rejected").glob("*.json")
    value = json.loads(path.read_bytes())
    value["submission"]["answers"]["C1.1"] = {"answer": "yes"}
    (memory / "records/inbox" / path.name).write_text(json.dumps(value))
    path.unlink()
    assert cases(memory) == 2
    receive(fake, 3)
    assert pull(memory, fake).rejected == 0
    assert not list((memory / "records/rejected").glob("*.json"))
    assert cases(memory) == 3


def test_a_fault_is_tried_again_and_a_limit_waited_for(memory: Path, fake: Fakes) -> None:
    slept: list[float] = []
    receive(fake, 1)
    fake.faults = [429, 500, 0]
    assert pull(memory, fake, slept=slept) == Pulled(new=1)
    assert slept[0] >= 1
    assert slept[1:] == [4.0, 8.0]


def test_a_wrong_key_is_told_at_once_and_a_missing_one_before_anything_is_asked(memory: Path, fake: Fakes) -> None:
    receive(fake, 1)
    name = PROVIDERS[fake.kind].key_name
    with pytest.raises(ProviderFailed, match=name):
        pull(memory, fake, key="wrong")
    assert len(fake.requests) == 1
    with pytest.raises(CannotGoOn, match=f"{name} is not set"):
        configured(Endpoint(fake.kind, fake.endpoint), {})


def test_what_is_not_valid_is_kept_with_its_findings_and_nothing_is_lost(memory: Path, fake: Fakes) -> None:
    broken = post(1)
    del broken["answers.C1.1.answer"]
    fake.receive(broken, at(1))
    receive(fake, 2)
    fake.receive({"hello": "world"}, at(3))
    assert pull(memory, fake) == Pulled(new=1, rejected=2)
    rejected = memory / "records/rejected"
    kept = [json.loads(path.read_bytes()) for path in rejected.glob("*.json")]
    assert {entry["submission"].get("hello") for entry in kept} == {None, "world"}
    told = [json.loads(path.read_bytes()) for path in rejected.glob("*.findings")]
    assert ["/answers/C1.1/answer"] in [[entry["pointer"] for entry in found] for found in told]


def test_a_filled_honeypot_waits_for_a_person(memory: Path, fake: Fakes) -> None:
    fake.receive({**post(1), PROVIDERS[fake.kind].honeypot: "http://buy.example"}, at(1))
    fake.receive({**post(2), PROVIDERS[fake.kind].honeypot: ""}, at(2))
    assert pull(memory, fake) == Pulled(new=1, rejected=1)
    assert cases(memory) == 1


def test_the_text_of_a_complaint_is_not_copied_into_the_records(memory: Path, fake: Fakes) -> None:
    fake.receive(post(1, filled(json_schema.CONTACT, "complaint", message="He shouted at me.")), at(1))
    assert pull(memory, fake) == Pulled(rejected=1)
    kept = "".join(path.read_text("utf-8") for path in (memory / "records").rglob("*") if path.is_file())
    assert "shouted" not in kept
    assert "Rosa" not in kept


def test_each_complaint_has_an_entry_of_its_own_and_the_same_one_has_one(memory: Path, fake: Fakes) -> None:
    for number in (1, 2):
        value = filled(json_schema.CONTACT, "complaint", message=f"He shouted at me, day {number}.")
        fake.receive(post(number, value), at(number))
    assert pull(memory, fake) == Pulled(rejected=2)
    folder = memory / "records/rejected"
    told = [json.loads(path.read_bytes())[0]["label"] for path in folder.glob("*.findings")]
    assert (len(list(folder.glob("*.json"))), len(set(told))) == (2, 2)
    (memory / f"records/pulled/{fake.kind}.json").unlink()
    pull(memory, fake)
    assert len(list(folder.glob("*.json"))) == 2


def test_a_whole_practice_portfolio_goes_the_same_way(memory: Path, fake: Fakes) -> None:
    fake.receive(post(1, filled(json_schema.PORTFOLIO, PRACTICE)), at(1))
    assert pull(memory, fake) == Pulled(new=1)
    assert cases(memory) == 1


def test_a_reference_without_a_proof_opens_a_case_of_its_own_and_is_told_to_the_intake_manager(
    memory: Path, fake: Fakes
) -> None:
    said = candidate(DATA.organization.reference_prefix, "a" * 64, 8)
    for number, typed in enumerate((said.lower().replace("-", " "), "I lost it, sorry", "")):
        applicant = {"name": f"Person {number}", "email": f"p{number}@example.org"}
        value = filled(json_schema.PORTFOLIO, CONCEPTS, applicant=applicant, case={"reference": typed})
        fake.receive(form(value), at(number))
    assert pull(memory, fake) == Pulled(new=3)
    assert cases(memory) == 3
    store = Store(memory / "records")
    told = [case.opening.data.get("belongs_to") for case in store.cases()]
    assert sorted(told, key=str) == [said, None, None]
    assert not any("sorry" in path.read_text("utf-8") for path in store.root.glob("cases/*/events/*.json"))
    bodies = [Intake(JUDGE, store).draw(case, case.opening).body for case in store.cases()]
    assert sum(f"| Says that it belongs to | ` {said} ` |" in body for body in bodies) == 1
    assert sum("Says that it belongs to" in body for body in bodies) == 1


def test_what_its_form_has_for_the_provider_is_not_part_of_the_submission(memory: Path, fake: Fakes) -> None:
    kind = PROVIDERS[fake.kind]
    needs = kind.needs(f"{json_schema.SELF_ASSESSMENT}-{CONCEPTS}", "https://certificates.example/thanks/")
    fake.receive({**needs.hidden, **post(1), needs.honeypot: ""}, at(1))
    assert pull(memory, fake) == Pulled(new=1)


@pytest.mark.parametrize("script", [True, False])
def test_what_a_person_sends_from_the_page_becomes_a_case(
    memory: Path, fake: Fakes, browser: Browser, script: bool, provided: Callable[[str], Path]
) -> None:
    site, sent = provided(fake.kind), []

    def answer(route: Route) -> None:
        """The body's site, and what takes its forms: a post as one is documented to be, in the form's own encoding."""
        if route.request.method == "POST":
            assert route.request.headers["content-type"].startswith("application/x-www-form-urlencoded")
            posted = parse_form(route.request.post_data_buffer or b"")
            sent.append({name: values[0] for name, values in posted.items()})
            allowed = {"Access-Control-Allow-Origin": "*"}
            route.fulfill(body="<h1>Thank you</h1>", content_type="text/html", headers=allowed)
        else:
            path = site / urlsplit(route.request.url).path.lstrip("/")
            route.fulfill(path=path / "index.html" if path.is_dir() else path)

    context = browser.new_context(java_script_enabled=script)
    context.route("**/*", answer)
    page = context.new_page()
    page.goto("https://certificates.body.example/fr/contact/question/")
    page.locator("[name=message]").fill("Wann beginnt die nächste Runde? – 次はいつですか")
    page.locator("[name='applicant.name']").fill("Rosa Test")
    page.locator("[name='applicant.email']").fill("rosa@example.org")
    page.locator("[name='declarations.consent']").check()
    page.locator("button[type=submit]").click()
    page.locator("button[type=submit]").wait_for(state="detached")
    context.close()
    (posted,) = sent
    assert posted["language"] == "fr"
    assert bool(posted.get("id")) is script
    fake.receive(posted, at(1))
    assert pull(memory, fake) == Pulled(new=1)
    assert cases(memory) == 1


def test_formspree_is_asked_for_pages_oldest_first_and_for_what_came_since(memory: Path) -> None:
    with FakeFormspree() as fake:
        receive(fake, *range(23))
        pull(memory, fake)
        assert asked(fake, "offset") == [*(["0", "10", "20", "23"] * 2), "0"]
        assert asked(fake, "spam") == [*[""] * 8, "true"]
        assert set(asked(fake, "order")) == {"asc"}
        pull(memory, fake)
        assert asked(fake, "since")[-1] == "2027-03-07T09:00:22.000000Z"


def test_a_page_of_formspree_that_holds_fewer_than_were_asked_for_is_not_taken_for_the_last(memory: Path) -> None:
    with FakeFormspree(most=7) as fake:
        receive(fake, *range(23))
        assert pull(memory, fake) == Pulled(new=23)
        assert asked(fake, "offset")[:5] == ["0", "7", "14", "21", "23"]


def test_an_empty_entry_in_a_list_of_the_provider_ends_no_pull(memory: Path, fake: Fakes) -> None:
    receive(fake, 1, 2)
    fake.raw = ("[{", "[null, {")
    assert pull(memory, fake).new == 2


def test_netlify_is_asked_for_every_form_of_ours_and_no_other(memory: Path, netlify: FakeNetlify) -> None:
    netlify.receive(post(1), at(1))
    netlify.receive(message(2), at(2))
    netlify.receive({"email": "reader@example.org"}, at(3), form="newsletter")
    assert pull(memory, netlify) == Pulled(new=2)
    paths = {urlsplit(request).path for request in netlify.requests}
    assert paths == {
        "/api/v1/sites/certificates.example/forms",
        f"/api/v1/forms/form-self-assessment-{CONCEPTS}/submissions",
        "/api/v1/forms/form-contact-question/submissions",
    }
    assert set(asked(netlify, "per_page")) == {"10"}
    kept = "".join(path.read_text("utf-8") for path in (memory / "records").rglob("*.json"))
    assert not any(own in kept for own in ("203.0.113.9", "Mozilla", "user_agent"))


def test_netlify_is_asked_for_the_last_days_again_and_not_for_all(memory: Path, netlify: FakeNetlify) -> None:
    receive(netlify, *range(25))
    netlify.receive(post(999), "2027-04-20T09:00:00.000Z")
    assert pull(memory, netlify) == Pulled(new=26)
    netlify.requests.clear()
    assert pull(memory, netlify) == Pulled(known=1)
    assert "3" not in asked(netlify, "page")
    kept = json.loads(place(memory, netlify).read_bytes())
    assert list(kept["seen"].values()) == ["2027-04-20T09:00:00.000000Z"]


@pytest.mark.parametrize("request_number", [2, 3, 4])
def test_what_arrives_between_two_pages_is_taken_in_once_and_nothing_that_was_moved_is_lost(
    memory: Path, netlify: FakeNetlify, request_number: int
) -> None:
    receive(netlify, *range(23))
    netlify.between = {request_number: lambda: receive(netlify, *range(23, 27))}
    first = pull(memory, netlify)
    assert first.new + pull(memory, netlify).new == 27
    assert cases(memory) == 27


@pytest.mark.parametrize("request_number", [2, 3, 4])
def test_who_deletes_one_between_two_pages_hides_no_other(memory: Path, fake: Fakes, request_number: int) -> None:
    receive(fake, *range(23))
    fake.between = {request_number: lambda: fake.submissions.pop(21 if isinstance(fake, FakeNetlify) else 1)}
    pull(memory, fake)
    assert cases(memory) >= 22
    assert {22, 12, 11, 10, 2, 0} <= questions(memory)


def questions(root: Path) -> set[int]:
    """The numbers of those that came."""
    texts = [path.read_text("utf-8") for path in (root / "records/cases").rglob("submission.json")]
    return {int(number) for text in texts for number in re.findall(r"Question (\d+)\?", text)}


DEEP = json.loads("[" * 400 + "]" * 400)


@pytest.mark.parametrize(
    ("spoiled", "why"),
    [
        ({"message": "half a \ud800"}, "half a character"),
        ({"half a \udfff": "name"}, "half a character"),
        ({"message": DEEP}, "nested more than"),
        ({"message": float("nan")}, "no JSON number"),
    ],
)
def test_one_that_cannot_be_read_is_kept_aside_and_the_others_come_in(
    memory: Path, fake: Fakes, spoiled: dict[str, object], why: str
) -> None:
    receive(fake, 1)
    fake.receive({**message(2), **spoiled}, at(2))
    receive(fake, 3)
    assert pull(memory, fake) == Pulled(new=2, rejected=1)
    (told,) = findings(memory)
    assert why in told
    assert pull(memory, fake) == Pulled(known=3)
    assert cases(memory) == 2


@pytest.mark.parametrize("value", ["[" * 100_000 + "]" * 100_000, "9" * 5_000])
def test_what_no_reader_of_json_reads_holds_up_no_other_either(memory: Path, fake: Fakes, value: str) -> None:
    receive(fake, 1)
    fake.receive({**message(2), "extra": "@@"}, at(2))
    fake.raw = ('"@@"', value)
    done = pull(memory, fake)
    assert (done.new, done.rejected) == (1, 1)


def test_what_was_taken_in_before_any_failure_is_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = remote(tmp_path / "r")
    where = GitStore.at(made.clone("clone"))

    def work() -> None:
        (where.root / "inbox").mkdir(exist_ok=True)
        (where.root / "inbox/one").write_text("1")
        raise RecursionError

    with pytest.raises(RecursionError):
        command_line._published(where, work, "Pull", Exception)
    assert (made.clone("other") / "inbox/one").is_file()


def test_one_damaged_case_holds_up_no_other_submission(memory: Path, fake: Fakes) -> None:
    receive(fake, 1)
    pull(memory, fake)
    cases(memory)
    place(memory, fake).unlink()
    (events,) = (memory / "records/cases").glob("*/events/0001.json")
    whole = events.read_bytes()
    events.write_text("{")
    receive(fake, 2)
    with pytest.raises(StoreFailed, match="restore it from Git"):
        pull(memory, fake)
    events.write_bytes(whole)
    assert cases(memory) == 2
    assert pull(memory, fake) == Pulled(known=2)


def test_one_that_appears_later_with_an_earlier_date_is_taken_in(memory: Path, fake: Fakes) -> None:
    receive(fake, 1, 20)
    pull(memory, fake)
    receive(fake, 5)
    assert pull(memory, fake).new == 1
    assert cases(memory) == 3


@pytest.mark.parametrize("date", [None, "yesterday", "9999-12-31T23:59:59.000Z", "0000-00-00", 17])
def test_a_date_that_is_none_holds_up_nothing_that_comes_later(memory: Path, fake: Fakes, date: object) -> None:
    receive(fake, 1)
    fake.receive(message(2), date)
    assert pull(memory, fake).new == 2
    assert json.loads(place(memory, fake).read_bytes())["last"] == "2027-03-14T09:00:01.000000Z"
    fake.receive(message(3), "2027-03-30T09:00:00.000Z")
    assert pull(memory, fake).new == 1
    assert (pull(memory, fake).new, cases(memory)) == (0, 3)


@pytest.mark.parametrize("last", ["None", "9999-12-31T23:59:59.000Z"])
def test_a_place_that_nothing_was_sent_at_is_forgotten(memory: Path, fake: Fakes, last: str) -> None:
    receive(fake, 1)
    pull(memory, fake)
    place(memory, fake).write_text(json.dumps({"last": last, "seen": {}}))
    receive(fake, 2)
    assert pull(memory, fake) == Pulled(new=1, known=1)


def test_a_list_without_an_end_is_told_and_what_it_gave_is_taken_in(memory: Path, fake: Fakes) -> None:
    receive(fake, *range(15))
    if isinstance(fake, FakeNetlify):
        fake.same_page = True
    else:
        fake.pages = False
    with pytest.raises(ProviderFailed, match="comes to no end"):
        pull(memory, fake)
    assert cases(memory) == 10
    assert len(fake.requests) < 6
    assert json.loads(place(memory, fake).read_bytes())["last"] == ""
    if isinstance(fake, FakeNetlify):
        fake.same_page = False
    else:
        fake.pages = True
    assert pull(memory, fake).new == 5


def test_more_pages_than_there_can_be_are_not_read(memory: Path, fake: Fakes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGES", 2)
    receive(fake, *range(35))
    with pytest.raises(ProviderFailed, match="comes to no end"):
        pull(memory, fake)
    assert cases(memory) == 20
    assert len(fake.requests) < 6


def test_a_list_of_forms_without_an_end_is_told_too(memory: Path, netlify: FakeNetlify) -> None:
    receive(netlify, 1)
    netlify.same_page = True
    netlify.other_forms = tuple(f"other-{number}" for number in range(15))
    with pytest.raises(ProviderFailed, match="comes to no end"):
        pull(memory, netlify)
    assert cases(memory) == 1


def test_spam_waits_for_a_person_and_is_taken_in_once_when_it_is_none(memory: Path, fake: Fakes) -> None:
    receive(fake, 1)
    entry = fake.receive(post(2), at(2), spam=True)
    assert pull(memory, fake) == Pulled(new=1, rejected=1)
    (message,) = findings(memory)
    assert message.startswith("The form provider takes it for spam. If a person wrote it")
    assert pull(memory, fake) == Pulled(known=2)
    fake.no_spam(entry)
    assert pull(memory, fake) == Pulled(new=1, known=1)
    (path,) = (memory / "records/rejected").glob("*.json")
    path.rename(memory / "records/inbox" / path.name)
    assert cases(memory) == 2


def test_spam_that_is_no_submission_says_both(memory: Path, fake: Fakes) -> None:
    broken = post(1)
    del broken["answers.C1.1.answer"]
    fake.receive(broken, at(1), spam=True)
    assert pull(memory, fake) == Pulled(rejected=1)
    assert len(findings(memory)) == 2


def test_all_pages_of_spam_are_read(memory: Path, fake: Fakes) -> None:
    receive(fake, *range(12))
    for number in range(12, 35):
        fake.receive(message(number), at(number), spam=True)
    assert pull(memory, fake) == Pulled(new=12, rejected=23)
    assert pull(memory, fake) == Pulled(known=35)


@pytest.fixture
def account(request: pytest.FixtureRequest) -> Iterator[FakeFormspree]:
    """Formspree, with an account of which it says with this status, or by the ordinary list, that it is shown no spam."""
    with FakeFormspree(lists_spam=request.param) as started:
        yield started


WITHOUT_SPAM = pytest.mark.parametrize("account", [400, 402, 403, 404, 422, "ignored"], indirect=True)


@WITHOUT_SPAM
def test_where_an_account_is_shown_no_spam_the_rest_is_taken_in_and_that_is_said_once(
    memory: Path, account: FakeFormspree
) -> None:
    receive(account, *range(23))
    account.receive(post(40), at(40), spam=True)
    slept: list[float] = []
    assert pull(memory, account, slept=slept) == Pulled(new=23, spam_hidden=True)
    assert slept == []
    receive(account, 24)
    assert pull(memory, account) == Pulled(new=1, known=23)
    account.lists_spam = "yes"
    assert pull(memory, account) == Pulled(rejected=1, known=24)
    account.lists_spam = 403
    assert pull(memory, account).spam_hidden, "it is another thing than before"


def test_trouble_with_the_list_of_spam_is_told_after_all_others_were_taken_in(memory: Path) -> None:
    with FakeFormspree(lists_spam=500) as account:
        receive(account, *range(23))
        with pytest.raises(ProviderFailed, match="goes on from here"):
            pull(memory, account)
        assert cases(memory) == 23


@pytest.mark.parametrize("account", ["ignored"], indirect=True)
def test_what_comes_between_the_two_lists_is_not_taken_for_spam(memory: Path, account: FakeFormspree) -> None:
    """The first list was empty: nothing shows that the second is the same list again."""
    account.between = {1: lambda: receive(account, 1)}
    assert pull(memory, account) == Pulled(new=1)
    assert findings(memory) == []


def test_that_an_account_is_shown_no_spam_is_said_by_the_command(
    memory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with FakeFormspree(lists_spam=403) as account:
        receive(account, 1)
        monkeypatch.setattr(command_line, "configured", lambda *_: provider_of(account, account.key, []))
        monkeypatch.setenv("PIPELINE_VAR", str(memory / "var"))
        for said in (True, False):
            assert command_line.main(["pull"]) == 0
            out = capsys.readouterr().out
            assert ("does not list what it takes for spam" in out) is said
            assert f"{int(said)} new, {int(not said)} known" in out


def test_no_request_is_made_while_the_limit_lasts(memory: Path, netlify: FakeNetlify) -> None:
    now = [1_800_000_000.0]
    netlify.clock = lambda: now[0]
    netlify.remaining, netlify.reset = 3, now[0] + 40
    receive(netlify, *range(23))
    provider = provider_of(netlify, netlify.key, [])
    reader: Reader = provider.reader  # type: ignore[attr-defined]
    reader.clock = lambda: now[0]
    reader.sleep = lambda seconds: now.__setitem__(0, now[0] + seconds)
    assert len(list(provider.sent(""))) == 23
    assert (netlify.too_early, now[0]) == (0, 1_800_000_041.0)


def test_a_limit_that_lasts_long_is_left_to_the_next_run(memory: Path, netlify: FakeNetlify) -> None:
    receive(netlify, 1)
    netlify.remaining, netlify.reset = 1, netlify.clock() + 3000
    with pytest.raises(ProviderFailed, match="goes on from here"):
        pull(memory, netlify)
    assert (len(netlify.requests), netlify.too_early) == (1, 0)
    netlify.remaining = 500
    assert pull(memory, netlify) == Pulled(new=1)


def test_a_list_in_another_order_is_read_to_its_end(memory: Path, netlify: FakeNetlify) -> None:
    receive(netlify, *range(15))
    netlify.receive(post(998), "2027-04-20T09:00:00.000Z")
    pull(memory, netlify)
    netlify.receive(post(999), "2027-04-21T09:00:00.000Z")
    netlify.newest_first = False
    assert pull(memory, netlify).new == 1


def test_the_token_is_sent_to_the_api_alone(memory: Path, netlify: FakeNetlify) -> None:
    receive(netlify, *range(15))
    netlify.links_to = "http://127.0.0.1:9"
    with pytest.raises(ProviderFailed, match="outside of its API"):
        pull(memory, netlify)


def test_a_third_provider_is_one_small_file(memory: Path) -> None:
    copy = memory / "copy"
    for name in ("pipeline", "schemas", "data"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    path, named = copy / "data/organization.yml", "submission_endpoint: {kind: third, url: 'https://third.example/f/1'}"
    path.write_text(path.read_text("utf-8").replace("submission_endpoint: null", named), "utf-8")
    environ = {"PATH": os.environ["PATH"], "PIPELINE_VAR": str(memory / "var"), "PYTHONDONTWRITEBYTECODE": "1"}

    def run(*words: str, **more: str) -> str:
        command = [sys.executable, "-m", "pipeline", *words]
        done = subprocess.run(command, cwd=copy, env={**environ, **more}, capture_output=True, text=True, timeout=60)
        return f"{done.returncode} {done.stdout}{done.stderr}"

    unknown = run("check")
    assert unknown.startswith("1 ")
    assert "third: is nowhere that forms can be sent to; use one of: server, formspree, netlify" in unknown
    shutil.copy(ROOT / "tests/fakes/third.py", copy / "pipeline/providers/third.py")
    assert run("check").startswith("0 ")
    assert "FORM_PROVIDER_TOKEN is not set" in run("pull")
    with FakeFormspree() as fake:
        receive(fake, 1, 2)
        told = run("pull", FORM_PROVIDER_TOKEN=fake.key, FORM_PROVIDER_API_URL=fake.api)
    assert told.startswith("0 2 new, 0 known")
    assert (memory / "var/records/pulled/third.json").is_file()


def test_what_a_third_provider_needs_stands_in_the_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROVIDERS, "third", Third)
    needs = providers.needs(Endpoint("third", "https://third.example/f/1"), "any", "https://body.example/thanks/")
    assert needs == FormNeeds("trap", hidden={"_redirect": "https://body.example/thanks/"})


@pytest.mark.parametrize("text", ["", "[]", '{"seen": 3}', '{"last": 5, "seen": {}}', '{"seen": {"x": null}}'])
def test_a_spoiled_place_means_that_everything_is_read_again(tmp_path: Path, text: str) -> None:
    path = tmp_path / "place.json"
    path.write_text(text)
    assert Place.read(path, "2027-01-01T00:00:00Z").last == ""


def test_a_date_of_the_first_week_of_all_ends_no_run() -> None:
    assert week_before("0001-01-01T00:00:00Z") == ""
