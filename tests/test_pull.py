"""Form provider → inbox over HTTP: pages, limits, restarts, and nothing twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.accept.desk import desk
from pipeline.accept.providers import Formspree, ProviderFailed
from pipeline.accept.pull import Pull, Pulled
from pipeline.cases.intake import Intake
from pipeline.cases.store import Store
from pipeline.profiles import derive
from tests.fakes.formspree import KEY, FakeFormspree
from tests.support import CONCEPTS, JUDGE, PRACTICE, filled, form


def sent(number: int, value: dict[str, Any] | None = None) -> dict[str, Any]:
    """As the provider keeps a post: flat, with its own _date."""
    value = value or filled(
        derive.SELF_ASSESSMENT, CONCEPTS, applicant={"name": f"Person {number}", "email": "p@example.org"}
    )
    return {**form(value), "_date": f"2027-03-14T09:{number // 60:02}:{number % 60:02}.000Z"}


def message(number: int) -> dict[str, Any]:
    """A small one, to send hundreds."""
    return sent(number, filled(derive.CONTACT, "question", message=f"Question {number}?"))


def pull(root: Path, fake: FakeFormspree, key: str = KEY, slept: list[float] | None = None) -> Pulled:
    store = Store(root / "records")
    here = desk(JUDGE, root / "var", store, store.root)
    provider = Formspree.from_endpoint("https://formspree.example/f/abcdwxyz", fake.api, key)
    provider.sleep = (slept if slept is not None else []).append
    return Pull(provider, here, store)()


def cases(root: Path) -> int:
    store = Store(root / "records")
    Intake(JUDGE, store)()
    return len(list(store.cases()))


def test_all_pages_are_read_oldest_first_and_the_next_run_asks_for_the_new_ones_alone(tmp_path: Path) -> None:
    with FakeFormspree([message(number) for number in range(230)]) as fake:
        assert pull(tmp_path, fake) == Pulled(new=230)
        assert [query["offset"] for query in fake.requests] == ["0", "100", "200"]
        fake.submissions.append(message(230))
        assert pull(tmp_path, fake) == Pulled(new=1, known=1)
        assert fake.requests[-1]["since"] == message(229)["_date"]
        assert cases(tmp_path) == 231
        assert pull(tmp_path, fake) == Pulled(known=1)
        assert cases(tmp_path) == 231


@pytest.mark.parametrize("after", range(3))
def test_a_run_that_breaks_off_is_gone_on_with(tmp_path: Path, after: int) -> None:
    with FakeFormspree([message(number) for number in range(250)]) as fake:
        fake.faults = []
        provider_pages = fake.submissions
        fake.submissions = provider_pages[: after * 100]
        pull(tmp_path, fake)
        fake.submissions, fake.faults = provider_pages, [500, 500, 0, 500]
        with pytest.raises(ProviderFailed, match="goes on from here"):
            pull(tmp_path, fake)
        pull(tmp_path, fake)
    assert cases(tmp_path) == 250


def test_without_its_place_nothing_is_taken_twice_either(tmp_path: Path) -> None:
    with FakeFormspree([sent(number) for number in range(5)]) as fake:
        pull(tmp_path, fake)
        (tmp_path / "records/pulled/formspree.json").unlink()
        assert pull(tmp_path, fake) == Pulled(known=5)
        assert cases(tmp_path) == 5
        (tmp_path / "records/pulled/formspree.json").unlink()
        assert pull(tmp_path, fake) == Pulled(known=5)
    assert not (tmp_path / "records/inbox").exists() or not list((tmp_path / "records/inbox").glob("*.json"))


def test_a_limit_is_waited_for_and_a_fault_tried_again(tmp_path: Path) -> None:
    slept: list[float] = []
    with FakeFormspree([sent(1)], faults=[429, 500, 0]) as fake:
        assert pull(tmp_path, fake, slept=slept) == Pulled(new=1)
    assert slept[0] == 1.0


def test_a_wrong_key_is_told_at_once(tmp_path: Path) -> None:
    with FakeFormspree([sent(1)]) as fake, pytest.raises(ProviderFailed, match="FORMSPREE_API_KEY"):
        pull(tmp_path, fake, key="wrong")


def test_what_is_not_valid_is_kept_with_its_findings_and_nothing_is_lost(tmp_path: Path) -> None:
    broken = sent(1)
    del broken["answers.C1.1.answer"]
    with FakeFormspree([broken, sent(2), {"hello": "world", "_date": "2027-03-14T10:00:00.000Z"}]) as fake:
        assert pull(tmp_path, fake) == Pulled(new=1, rejected=2)
    rejected = tmp_path / "records/rejected"
    kept = [json.loads(path.read_bytes()) for path in rejected.glob("*.json")]
    assert {entry["submission"].get("hello") for entry in kept} == {None, "world"}
    findings = [json.loads(path.read_bytes()) for path in rejected.glob("*.findings")]
    assert ["/answers/C1.1/answer"] in [[entry["pointer"] for entry in found] for found in findings]


def test_a_mended_file_moved_back_to_the_inbox_is_taken_in(tmp_path: Path) -> None:
    broken = sent(1)
    del broken["answers.C1.1.answer"]
    with FakeFormspree([broken]) as fake:
        pull(tmp_path, fake)
    (path,) = (tmp_path / "records/rejected").glob("*.json")
    value = json.loads(path.read_bytes())
    value["submission"]["answers"]["C1.1"] = {"answer": "yes"}
    (tmp_path / "records/inbox").mkdir(exist_ok=True)
    (tmp_path / "records/inbox" / path.name).write_text(json.dumps(value))
    path.unlink()
    assert cases(tmp_path) == 1


def test_a_filled_honeypot_waits_for_a_person(tmp_path: Path) -> None:
    with FakeFormspree([{**sent(1), "_gotcha": "http://buy.example"}]) as fake:
        assert pull(tmp_path, fake) == Pulled(rejected=1)
    assert cases(tmp_path) == 0


def test_the_text_of_a_complaint_is_not_copied_into_the_records(tmp_path: Path) -> None:
    complaint = filled(derive.CONTACT, "complaint", message="He shouted at me.")
    with FakeFormspree([sent(1, complaint)]) as fake:
        assert pull(tmp_path, fake) == Pulled(rejected=1)
    kept = "".join(path.read_text("utf-8") for path in (tmp_path / "records").rglob("*") if path.is_file())
    assert "shouted" not in kept
    assert "Rosa" not in kept


def test_a_whole_practice_portfolio_goes_the_same_way(tmp_path: Path) -> None:
    with FakeFormspree([sent(1, filled(derive.PORTFOLIO, PRACTICE))]) as fake:
        assert pull(tmp_path, fake) == Pulled(new=1)
    assert cases(tmp_path) == 1
