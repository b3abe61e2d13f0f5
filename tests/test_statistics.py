"""Statistics and load: counted from the events, compared with what a person counts by hand."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser

from pipeline.cases import workload
from pipeline.cases.statistics import nearest_rank, statistics, to_csv
from pipeline.cases.store import Store
from pipeline.forms import json_schema
from pipeline.settings import ROOT, Settings
from pipeline.web import wiring
from pipeline.web.board.plots import bars
from pipeline.web.rate_limit import Limits
from tests.browsing import violations
from tests.conftest import Service
from tests.support import CONCEPTS, DATA, PRACTICE, free_port, serving
from tests.test_board import AUDITOR, DIRECTOR, MANAGER, page, signed_in
from tests.test_cli import pipeline

START = datetime(2027, 1, 1, 9, tzinfo=UTC)
NOW = START + timedelta(days=100)
Step = tuple[float, str, str, dict[str, Any]]  # day, event, by, data


def write(store: Store, number: int, about: str, steps: list[Step]) -> str:
    """A case with these events, each so many days after the start."""
    reference = f"IMC-0000-000{number:X}-0"
    for day, kind, by, data in steps:
        if kind in ("received", "contact_received"):
            data = {"kind": json_schema.SELF_ASSESSMENT, "about": about, "key": str(number), "digest": "0", **data}
        at = (START + timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert store.append(store.case(reference), kind, at=at, by=by, data=data)
    return reference


def moved(source: str, target: str, **more: Any) -> dict[str, Any]:
    return {"from": source, "to": target, **more}


PORTFOLIO = {"kind": json_schema.PORTFOLIO}


def audited(days: tuple[float, ...], verdicts: dict[str, str], outcome: str | None) -> list[Step]:
    """Received, admitted, portfolio, claimed and judged, recommended, decided; each on its day."""
    findings = [{"statement": s, "criterion": "mastery", "verdict": v} for s, v in verdicts.items()]
    received, admitted, portfolio, recommended, decided = days
    recommend = "grant" if outcome == "granted" else "decline"
    steps: list[Step] = [
        (received, "received", "intake", {}),
        (admitted, "admitted", "ines", moved("received", "awaiting_portfolio", role="intake_manager")),
        (portfolio, "received", "intake", PORTFOLIO),
        (portfolio, "claimed", "ada", moved("audit", "audit", role="auditor")),
        (portfolio, "findings", "ada", moved("audit", "audit", role="auditor", findings=findings)),
        (recommended, "recommended", "ada", moved("audit", "decision", role="auditor", outcome=recommend)),
    ]
    if outcome:
        steps.append((decided, outcome, "dora", moved("decision", outcome, role="decider", outcome=recommend)))
    return steps


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Eight cases, a message and a joined case. By hand, of all:

    received 8, admitted 7, portfolio 6, recommended 6, decided 5, granted 3; ended declined 2, withdrawn 0, expired 0;
    days in received: 1 2 3 4 5 6 7 → median 4, ninth tenth 7; awaiting portfolio: 10 each, once 20 → 10, 20;
    audit: 4 5 6 7 8, and 9 of which 3 were paused → 6; median 6, ninth tenth 8; decision: 1 1 2 2 9 → 2, 9.
    """
    made = Store(tmp_path / "records")
    bad, good = "not_met", "met"
    write(made, 1, CONCEPTS, audited((0, 1, 11, 15, 16), {"C1.1": good}, "granted"))
    write(made, 2, CONCEPTS, audited((0, 2, 12, 17, 18), {"C1.1": bad, "C1.2": bad}, "declined"))
    write(made, 3, CONCEPTS, audited((0, 3, 13, 19, 21), {"C1.1": bad}, "declined"))
    write(made, 4, CONCEPTS, audited((0, 4, 14, 21, 23), {"C1.1": good, "C1.2": good}, "granted"))
    write(made, 5, CONCEPTS, audited((0, 5, 15, 23, 32), {"C1.1": bad}, "granted"))
    six = audited((0, 6, 26, 35, 0), {"C1.3": bad}, None)
    pause: list[Step] = [
        (27, "paused", "ada", moved("audit", "audit", role="auditor")),
        (30, "resumed", "ada", moved("audit", "audit", role="auditor")),
    ]
    write(made, 6, PRACTICE, six[:5] + pause + six[5:])
    seven: list[Step] = [
        (10, "received", "intake", {}),
        (17, "admitted", "ines", moved("received", "awaiting_portfolio", role="intake_manager")),
    ]
    write(made, 7, PRACTICE, seven)
    write(made, 8, PRACTICE, [(90, "received", "intake", {})])
    write(made, 9, CONCEPTS, [(1, "contact_received", "intake", {"about": "question", "kind": json_schema.CONTACT})])
    joined: Step = (
        5,
        "linked",
        "ines",
        moved("received", "joined", role="intake_manager", reference="IMC-0000-0001-0"),
    )
    write(made, 10, CONCEPTS, [(4, "received", "intake", PORTFOLIO), joined])
    return made


def test_the_numbers_are_those_counted_by_hand(store: Store) -> None:
    found = statistics(DATA, store.cases(), NOW)
    assert list(found.funnel.values()) == [8, 7, 6, 6, 5, 3, 2, 0, 0]
    stays = {stay.state: (stay.count, stay.median, stay.p90) for stay in found.stays}
    assert stays == {
        "received": (7, 4, 7),
        "awaiting_portfolio": (6, 10, 20),
        "audit": (6, 6, 8),
        "decision": (5, 2, 9),
    }
    # C1.1 was audited in five cases, C1.2 in two and C1.3 in one.
    assert (found.audited, found.not_met, found.more) == (6, (("C1.1", 3),), 0)


def test_of_one_certificate_and_nothing_of_single_people(store: Store) -> None:
    concepts, practice = (statistics(DATA, store.cases(), NOW, about) for about in (CONCEPTS, PRACTICE))
    assert list(concepts.funnel.values()) == [5, 5, 5, 5, 5, 3, 2, 0, 0]
    assert list(practice.funnel.values()) == [3, 2, 1, 1, 0, 0, 0, 0, 0]
    assert (concepts.audited, concepts.not_met) == (5, (("C1.1", 3),))
    assert (practice.audited, practice.not_met) == (1, None)
    assert "C1.3" not in to_csv([practice, statistics(DATA, store.cases(), NOW)])


def test_what_is_not_listed_is_counted_and_an_end_is_the_last_one(tmp_path: Path) -> None:
    made = Store(tmp_path / "records")
    for number in range(1, 6):
        verdicts = {
            f"C1.{statement}": "not_met" if number <= 2 or statement == 1 else "met" for statement in range(1, 14)
        }
        write(made, number, CONCEPTS, audited((0, 1, 2, 3, 4), verdicts, "declined"))
    again, ended, late = (made.case(f"IMC-0000-000{number}-0") for number in (1, 2, 3))
    appeal = made.append(again, "appealed", at="2027-02-01T09:00:00Z", by="ines", data=moved("declined", "appealed"))
    assert appeal
    for case, kind, source in ((appeal, "granted", "appealed"), (ended, "appealed", "declined")):
        assert made.append(case, kind, at="2027-02-02T09:00:00Z", by="dora", data=moved(source, kind))
    assert late.events[-1].type == "declined"
    write(made, 6, CONCEPTS, [(0, "received", "intake", {}), (1, "withdrawn", "ines", moved("received", "withdrawn"))])
    found = statistics(DATA, made.cases(), NOW)
    assert found.not_met == (("C1.1", 5), *((f"C1.{name}", 2) for name in range(2, 11)))
    assert found.more == 3
    assert "all,not met,,further statements,3" in to_csv([found])
    assert [found.funnel[end] for end in ("declined", "withdrawn", "expired")] == [3, 1, 0]


def test_a_case_whose_appeal_was_withdrawn_has_ended_as_declined(tmp_path: Path) -> None:
    made = Store(tmp_path / "records")
    appeal: list[Step] = [
        (20, "appealed", "ines", moved("declined", "appealed", role="intake_manager")),
        (22, "appeal_withdrawn", "ines", moved("appealed", "declined", role="intake_manager")),
    ]
    write(made, 1, CONCEPTS, audited((0, 1, 11, 15, 16), {}, "declined") + appeal)
    write(made, 2, CONCEPTS, audited((0, 1, 11, 15, 16), {}, "declined") + appeal[:1])
    found = statistics(DATA, made.cases(), NOW)
    assert [found.funnel[step] for step in ("decided", "declined", "withdrawn")] == [2, 1, 0]


def test_no_stay_is_negative_where_a_clock_went_back(tmp_path: Path) -> None:
    made = Store(tmp_path / "records")
    steps = audited((5, 1, 11, 9, 0), {}, None)
    pause: list[Step] = [
        (11, "paused", "ada", moved("audit", "audit", role="auditor")),
        (10, "resumed", "ada", moved("audit", "audit", role="auditor")),
    ]
    write(made, 1, CONCEPTS, steps[:3] + pause + steps[3:])
    found = statistics(DATA, made.cases(), NOW)
    assert {stay.state: (stay.median, stay.p90) for stay in found.stays} == {
        "received": (0, 0),
        "awaiting_portfolio": (10, 10),
        "audit": (0, 0),
    }
    assert [entry.oldest >= timedelta() for entry in workload.of(DATA, made.cases(), START)] == [True]


def test_no_case_is_no_fault(tmp_path: Path) -> None:
    found = statistics(DATA, Store(tmp_path).cases(), NOW)
    assert (set(found.funnel.values()), found.stays, found.not_met, found.loads) == ({0}, (), None, ())


RANKS = [([1], 90, 1), ([1, 2], 90, 2), (range(1, 11), 90, 9), (range(1, 12), 90, 10), ([3, 1, 2], 50, 2)]


@pytest.mark.parametrize(("values", "percent", "rank"), RANKS)
def test_nearest_rank_is_the_smallest_value_that_so_many_do_not_exceed(
    values: list[float], percent: int, rank: float
) -> None:
    assert nearest_rank(list(values), percent) == rank


def test_the_load_is_what_waits_for_somebody_here_and_who_has_it(store: Store) -> None:
    write(store, 11, CONCEPTS, audited((0, 1, 11, 15, 16), {}, None)[:4])
    write(store, 12, CONCEPTS, audited((0, 1, 31, 35, 16), {}, None)[:4])
    found = [(one.login, one.open, one.oldest) for one in workload.of(DATA, store.cases(), NOW)]
    # Ada has two in audit since days 11 and 31. Unclaimed: the sixth since day 35 at the decision, the eighth since day 90.
    assert found == [("ada", 2, timedelta(days=89)), ("", 2, timedelta(days=65))]


def test_the_file_has_every_number_once(store: Store) -> None:
    done = pipeline("statistics", "--csv", PIPELINE_RECORDS=str(store.root))
    assert (done.returncode, done.stderr) == (0, "")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    places = [(row["certificate"], row["part"], row["item"], row["measure"]) for row in rows]
    assert len(places) == len(set(places))
    values = dict(zip(places, (row["value"] for row in rows), strict=True))
    assert values["all", "funnel", "granted", "cases"] == "3"
    assert values["all", "time in state", "audit", "p90 days"] == "8.0"
    assert values[PRACTICE, "funnel", "received", "cases"] == "3"
    assert {row["certificate"] for row in rows} == {"all", *(profile.id for profile in DATA.profiles)}
    plain = pipeline("statistics", "--certificate", PRACTICE, PIPELINE_RECORDS=str(store.root))
    assert plain.stdout.splitlines()[0] == "funnel received cases 3"
    assert "what was not met is not listed" in plain.stdout
    assert pipeline("statistics", "--certificate", "x", PIPELINE_RECORDS=str(store.root)).returncode == 2


def test_a_damaged_case_is_in_no_number_and_is_named(store: Store, tmp_path: Path) -> None:
    root = Path(shutil.copytree(store.root, tmp_path / "copy"))
    event = next(root.glob("cases/*/events/0001.json"))
    event.write_text("garbage")
    for command in ("statistics", "due"):
        done = pipeline(command, PIPELINE_RECORDS=str(root), PIPELINE_VAR=str(tmp_path))
        assert done.returncode == 0
        assert event.parents[1].name in done.stderr


def test_bars_are_as_long_as_their_share_of_the_widest() -> None:
    drawn = bars([("a", "4", 4, 1), ("b", "1", 1, None), ("c", "0", 0, None)])
    assert [(bar.length, bar.mark) for bar in drawn] == [(100.0, 25.0), (25.0, None), (0.0, None)]
    assert [bar.length for bar in bars([("a", "0", 0, None)])] == [0.0]


# At the board


def fill(service: Service) -> None:
    """Cases as they would be today, in records that are served."""
    records, names = Store(service.records), ("C1.1", "C1.2", "C2.4")
    back = (datetime.now(UTC) - START).days - 60
    for number in range(1, 8):
        verdicts = {name: "not_met" if name == names[number % 3] else "met" for name in names}
        steps = audited((0, number, 11, 12 + number, 30), verdicts, "declined")
        write(records, number, CONCEPTS, [(day + back, *rest) for day, *rest in steps])  # type: ignore[misc]


def test_everybody_sees_the_statistics_and_nobody_without_signing_in(service: Service) -> None:
    fill(service)
    for path in ("/auditors/statistics/", "/auditors/statistics.csv"):
        assert requests.get(service.url + path, timeout=10).status_code == 401
    session = signed_in(service, AUDITOR)
    shown = page(session, f"{service.url}/auditors/statistics/")
    assert 'role="img"' in shown
    assert "style=" not in shown.partition('class="board"')[2].partition("</article>")[0]
    assert re.search(r'<th scope="row">Recommended</th><td>7</td>', shown)
    assert "Ended: declined" in shown
    few = page(session, f"{service.url}/auditors/statistics/?certificate={PRACTICE}")
    assert "No case is here yet" in few
    answer = session.get(f"{service.url}/auditors/statistics.csv?certificate={CONCEPTS}", timeout=10)
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert f"{CONCEPTS},funnel,declined,cases,7" in answer.text
    assert f"{CONCEPTS},funnel,decided,cases,7" in answer.text


def open_case(service: Service) -> str:
    """A case in audit for 40 days, assigned to the auditor."""
    back = (datetime.now(UTC) - START).days - 60
    steps = audited((0, 5, 20, 0, 0), {}, None)[:3]
    assign = moved("audit", "audit", role="intake_manager", login="auditor") | {"for": "auditor"}
    steps.append((21, "assigned", "intake-manager", assign))
    return write(Store(service.records), 15, CONCEPTS, [(day + back, *rest) for day, *rest in steps])  # type: ignore[misc]


def test_the_list_says_how_long_and_with_whom_and_the_leads_see_the_load(service: Service) -> None:
    reference = open_case(service)
    for name, leads in ((MANAGER, True), (DIRECTOR, True), (AUDITOR, False)):
        shown = page(signed_in(service, name), f"{service.url}/auditors/")
        row = shown.partition(f'"/auditors/cases/{reference}"')[2].partition("</li>")[0]
        assert "40 days in this state" in row
        assert "with Auditor" in row
        assert "Overdue" not in row  # nobody has decided how many days it may take
        assert ("Load</h2>" in shown) is leads
        assert (re.search(r'<th scope="row">Auditor</th><td>1</td><td>40 days</td>', shown) is not None) is leads


@pytest.fixture
def timed(site: Settings, tmp_path: Path) -> Iterator[Service]:
    """A service of a body that has decided how long everything may take."""
    data = shutil.copytree(ROOT / "data", tmp_path / "data")
    table = (data / "process.yml").read_text("utf-8")
    (data / "process.yml").write_text(table.replace("    days: null\n", "    days: 30\n"), "utf-8")
    port = free_port()
    settings = replace(site, data=data, var=tmp_path / "var", records=tmp_path / "var" / "records")
    running = wiring.local(settings, Limits(10_000, 100_000), f"http://127.0.0.1:{port}")
    with serving(running.app, port) as url:
        yield Service(url, dict(running.links), settings)


def test_what_is_overdue_stands_in_the_list_in_words(timed: Service) -> None:
    reference = open_case(timed)
    shown = page(signed_in(timed, MANAGER), f"{timed.url}/auditors/")
    row = shown.partition(f'"/auditors/cases/{reference}"')[2].partition("</li>")[0]
    assert "Overdue: it was due on " in row


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "light"), (1280, "dark"), (390, "dark")])
def test_the_pages_of_the_board_work_on_a_phone_and_for_everybody(
    browser: Browser, timed: Service, width: int, scheme: Any, tmp_path: Path
) -> None:
    fill(timed)
    open_case(timed)
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    board = context.new_page()
    complaints: list[str] = []
    board.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    board.goto(timed.url + timed.links[MANAGER])
    board.get_by_role("button", name="Sign in").click()
    board.wait_for_url("**/auditors/")
    for name in ("list", "statistics"):
        assert violations(board) == []
        assert board.evaluate("document.documentElement.scrollWidth") <= width
        board.screenshot(path=tmp_path / f"{name}-{width}-{scheme}.png", full_page=True)
        if name == "list":
            board.get_by_role("link", name="Statistics").click()
            board.wait_for_url("**/statistics/")
    assert board.get_by_role("img").count() >= 4
    assert complaints == []
    context.close()
