"""No text states what is not so: every state, by what was sent and on which path, in every language, is read by rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import HTMLResponse

from pipeline.cases import timeline
from pipeline.cases.phases import Phase
from pipeline.email_address import Address
from pipeline.errors import AuditBegun
from pipeline.forms import json_schema
from pipeline.github.sync import Intake
from pipeline.i18n import speaking
from pipeline.mail.letter import Writer
from pipeline.mail.orders import Item, Order
from pipeline.receiving.desk import desk
from pipeline.receiving.lookup import Submitted
from pipeline.receiving.outlook import prospect
from pipeline.receiving.receive import Receipt, accept
from pipeline.site.render import environment
from pipeline.submissions.inbox import Inbox
from pipeline.submissions.references import Claim
from pipeline.timestamps import stamp
from pipeline.web.board.actions import acts
from pipeline.web.board.plots import bars
from pipeline.web.pages import Pages
from tests.support import CONCEPTS, DATA, JUDGE, PRACTICE, filled
from tests.support_mail import RENDERER
from tests.test_process import PEOPLE, Body

LANGUAGES = DATA.organization.languages
INTERVIEW = {"en": re.compile(r"Book the interview|minutes"), "fr": re.compile(r"Réserver l’entretien|minutes")}
READS = {"en": re.compile(r"reads (your portfolio|it again)"), "fr": re.compile(r"est (ensuite )?lu selon")}
ARRIVED = {"en": "It has arrived", "fr": "C’est bien arrivé"}
OVER = (Phase.GRANTED, Phase.DECLINED, Phase.WITHDRAWN, Phase.EXPIRED)
# From the state before it: who does what.
ARRANGED = [("ines", "/schedule 2027-03-20 09:30")]
ADMITTED = [*ARRANGED, ("ines", "/admit")]
CLAIMED = [("ada", "/claim no-conflict")]
AUDITED = [*CLAIMED, ("ada", "/finding all met except C3.4"), ("ada", "/recommend decline")]
DECLINED = [*AUDITED, ("dora", "/decide decline no-conflict")]
GRANTED = [*CLAIMED, ("ada", "/finding all met"), ("ada", "/recommend grant")]
HELD = [("vera", "/claim no-conflict"), ("vera", "/schedule 2027-03-25 10:00")]
ASKED = [*CLAIMED, ("ada", "/request-evidence C3.4, C1.1")]
# Name → certificate, what is done after the self-assessment, what after the portfolio (None: none is sent).
STATES: dict[str, tuple[str, list[tuple[str, str]], list[tuple[str, str]] | None]] = {
    "received": (CONCEPTS, [], None),
    "interview": (CONCEPTS, ARRANGED, None),
    "awaiting_portfolio": (CONCEPTS, ADMITTED, None),
    "withdrawn before": (CONCEPTS, [*ADMITTED, ("ines", "/withdraw")], None),
    "portfolio before the interview": (CONCEPTS, [], []),
    "portfolio, interview arranged": (CONCEPTS, ARRANGED, []),
    "audit": (CONCEPTS, ADMITTED, []),
    "claimed": (CONCEPTS, ADMITTED, CLAIMED),
    "evidence_requested": (CONCEPTS, ADMITTED, ASKED),
    "paused": (CONCEPTS, ADMITTED, [*ASKED, ("ada", "/pause")]),
    "verification": (PRACTICE, ADMITTED, GRANTED),
    "meeting arranged": (PRACTICE, ADMITTED, [*GRANTED, *HELD]),
    "meeting missed": (PRACTICE, ADMITTED, [*GRANTED, *HELD, ("vera", "/meeting missed")]),
    "decision": (CONCEPTS, ADMITTED, AUDITED),
    "declined": (CONCEPTS, ADMITTED, DECLINED),
    "granted": (CONCEPTS, ADMITTED, [*GRANTED, ("dora", "/decide grant no-conflict")]),
    "appealed": (CONCEPTS, ADMITTED, [*DECLINED, ("dora", "/appeal")]),
    "withdrawn": (CONCEPTS, ADMITTED, [("ines", "/withdraw")]),
}
IDS = {
    json_schema.SELF_ASSESSMENT: "5a" * 16,
    json_schema.PORTFOLIO: "b0" * 16,
}  # of the drafts: a revision has the same
SENT = ("nothing", "a copy", "a revision")  # what waits to be taken in when the texts are read


class Bare(Pages):
    """Pages without the built site around them."""

    def page(self, title: str, content: str, status: int = 200, here: str = "") -> HTMLResponse:
        return HTMLResponse(f"<title>{title}</title>{content}", status)


@dataclass(frozen=True)
class Told:
    """What is told of one case, in one language; `phase` as its applicant is told, `before` as the records have it."""

    state: str
    sent: str
    language: str
    before: Phase
    phase: Phase
    kind: str
    texts: dict[str, str]

    @property
    def answers(self) -> bool:
        """A portfolio waits that was asked for."""
        asked = self.before in (Phase.EVIDENCE, Phase.WRITES) and self.sent != "nothing"
        return asked and self.kind == json_schema.PORTFOLIO

    @property
    def row(self) -> str:
        return f"{self.state} | {self.sent} | {self.language}"


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def told(body: Body, state: str, sent: str, reference: str, value: dict[str, Any] | None) -> Iterator[Told]:
    here = desk(JUDGE, body.root, body.store, body.store.root)
    pages = Bare(RENDERER, body.root, Submitted((here.inbox,), body.store))
    secret = here.receipts.secret(reference)
    case, claim = body.store.case(reference), here.inbox.claimed(reference)
    assert claim
    kind = str((value or {}).get("kind", json_schema.PORTFOLIO if case.current(json_schema.PORTFOLIO) else claim.kind))
    item = Item(reference, kind, claim.about, False)
    writer = Writer(RENDERER, here.receipts, "office@example.org", pages.submitted)
    for language in LANGUAGES:
        with speaking(language):
            found = prospect(DATA.in_language(language), pages.submitted, reference)
            assert found.here
            texts = {"receipt": plain(text_of(receipt_page(pages, claim, secret, kind)))}
            texts["receipt of the form itself"] = " ".join(
                [*(answer := pages.told(claim, kind))["next"], answer["by_when"]]
            )
            texts["status"] = plain(text_of(pages.status(claim, secret)))
            order = Order("x.json", "rosa@example.org", language, stamp(body.now), item)
            letter = writer.letter(Address("rosa", "example.org"), [order], [item], body.now).message
            for form in ("plain", "html"):
                content = letter.get_body((form,))
                assert content
                texts[f"letter {form}"] = plain(content.get_content())
            texts["chronicle"] = " / ".join(line.words for line in timeline.lines(DATA, case))
            for person in PEOPLE if sent == "nothing" and language == LANGUAGES[0] else ():
                if len(person.roles) > 1 or person.login in ("abe", "vic"):
                    continue
                can = acts(body.work(person.login, reference))
                shown = [*can["buttons"], *can["forms"], *can["written"], *can["refused"]]
                texts[f"board {person.login}"] = " / ".join(f"{a.label} {a.comment} {a.text} {a.why}" for a in shown)
                texts[f"help {person.login}"] = body.do(person.login, reference, "/help").said
            for event in case.latest:
                texts[f"issue {event.data['kind']}"] = plain(
                    Intake(JUDGE, body.store, address="/a/").draw(case, event).body
                )
        before = prospect(DATA, Submitted((), body.store), reference).here
        assert before
        yield Told(state, sent, language, before.phase, found.here.phase, kind, texts)


def text_of(response: Any) -> str:
    return bytes(response.body).decode()


def receipt_page(pages: Pages, claim: Claim, secret: str, kind: str) -> HTMLResponse:
    return pages.received_portfolio(claim, secret) if kind == json_schema.PORTFOLIO else pages.received(claim, secret)


def rows(root: Path, states: tuple[str, ...]) -> Iterator[Told]:
    for number, state in enumerate(states):
        about, first, then = STATES[state]
        body = Body(root / str(number))
        reference = body.send(json_schema.SELF_ASSESSMENT, about, id=IDS[json_schema.SELF_ASSESSMENT])
        for login, comment in first:
            assert not body.do(login, reference, comment).refusals, (state, comment)
        if then is not None:
            body.send(json_schema.PORTFOLIO, about, case=body.secret(reference), id=IDS[json_schema.PORTFOLIO])
            for login, comment in then:
                outcome = body.do(login, reference, comment)
                assert not outcome.refusals, (state, comment, outcome.said)
        yield from told(body, state, "nothing", reference, None)
        for path in SENT[1:]:
            kind = json_schema.PORTFOLIO if then is not None else json_schema.SELF_ASSESSMENT
            value = filled(kind, about, id=IDS[kind])
            if path == "a revision":
                value["applicant"]["name"] = "Rosa Other"
            if kind == json_schema.PORTFOLIO:
                value["case"] = body.secret(reference)
            yield from waiting(body, state, path, reference, value)
        if then is None and state == "awaiting_portfolio":
            value = filled(json_schema.PORTFOLIO, about, case=body.secret(reference))
            yield from waiting(body, state, "the portfolio", reference, value)


def waiting(body: Body, state: str, path: str, reference: str, value: dict[str, Any]) -> Iterator[Told]:
    """With this in the inbox, before it is taken in; nothing where it is not taken."""
    here = desk(JUDGE, body.root, body.store, body.store.root)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("pipeline.receiving.receive.now", lambda: stamp(body.now))
            receipt = accept(here, value)
    except AuditBegun:  # it is refused, and says so
        return
    assert isinstance(receipt, Receipt)
    if receipt.reference == reference:
        yield from told(body, state, path, reference, value)
    for name in here.inbox.names():
        here.inbox.path(name).unlink()


def spoken(name: str) -> bool:
    """What an applicant reads."""
    return name.startswith(("receipt", "letter", "status"))


HOLE = re.compile(r"\bnull\b|\bnan\b|\{[a-z_]+\}|%\([a-z]+\)|<Phase|Undefined|  \.| ,|\(\s*\)|\(, ")
BEFORE = (Phase.ARRIVED, Phase.INTERVIEW)
NOT_READ = (*OVER, Phase.DECISION, Phase.APPEAL, Phase.MEETING)
FIX = {"en": "writes to you to fix the time", "fr": "vous écrit pour fixer"}
# What must not be so, in words, and where it is.
WRONG: dict[str, Callable[[Told, str, str], bool]] = {
    "a value of the program is shown": lambda _one, _name, text: bool(re.search(r"\bNone\b", text)),
    "a sentence has a hole": lambda _one, name, text: not name.startswith("board") and bool(HOLE.search(text)),
    "the interview is spoken of though it is over": lambda one, name, text: (
        spoken(name) and one.phase not in BEFORE and bool(INTERVIEW[one.language].search(text))
    ),
    "the interview is not spoken of though it is to come": lambda one, name, text: (
        name == "receipt" and one.phase in BEFORE and not INTERVIEW[one.language].search(text)
    ),
    "a time is to be found though one is arranged": lambda one, _name, text: (
        one.state in ("interview", "portfolio, interview arranged") and FIX[one.language] in text
    ),
    "a portfolio is read though that is over": lambda one, name, text: (
        spoken(name) and one.phase in NOT_READ and bool(READS[one.language].search(text))
    ),
    "what is in a case that is over has arrived": lambda one, name, text: (
        name == "receipt" and one.phase in OVER and ARRIVED[one.language] in text
    ),
    "what is kept has not arrived": lambda one, name, text: (
        name == "receipt" and one.phase not in OVER and ARRIVED[one.language] not in text
    ),
    "what waits is asked for again": lambda one, name, text: (
        name == "receipt" and one.answers and (one.phase is not Phase.AUDIT or not READS[one.language].search(text))
    ),
    "what is asked for is said to be read": lambda one, name, text: (
        name == "receipt" and one.sent == "nothing" and one.before is Phase.EVIDENCE and one.phase is Phase.AUDIT
    ),
}


QUICK = ("interview", "evidence_requested", "declined")


@pytest.mark.parametrize("states", [QUICK, pytest.param(tuple(STATES), marks=pytest.mark.long)], ids=["some", "all"])
def test_no_text_states_what_is_not_so_in_any_state_on_any_path_in_any_language(
    tmp_path: Path, states: tuple[str, ...]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.receiving.outlook.now", lambda: "2027-03-14T09:00:00Z")
        table = list(rows(tmp_path, states))
    assert {one.state for one in table} == set(states)
    assert {one.sent for one in table} >= set(SENT)
    assert {one.language for one in table} == set(LANGUAGES)
    assert {one.sent for one in table if one.phase in OVER} == {"nothing", "a copy"}
    assert [one for one in table if one.answers]
    found = [
        f"{rule}: {one.row}: {name}: {text}"
        for one in table
        for name, text in one.texts.items()
        for rule, wrong in WRONG.items()
        if wrong(one, name, text)
    ]
    assert found == []


def test_a_time_that_rounds_to_nothing_has_no_bar() -> None:
    drawn = environment().from_string('{% from "plots.html" import plot %}{{ plot("x", bars, 44) }}')
    html = drawn.render(bars=bars([("a", "0.0 / 0.0", 0.0, 0.0), ("b", "1.0 / 2.0", 2.0, 1.0)]))
    assert (html.count('class="bar"'), html.count('class="mark"')) == (1, 1)
    alone = drawn.render(bars=bars([("a", "0.0 / 0.0", 0.0, 0.0)]))
    assert 'class="bar"' not in alone


def test_the_board_rounds_before_it_draws(tmp_path: Path) -> None:
    from pipeline.cases.statistics import statistics
    from pipeline.web.board.statistics_page import StatisticsDesk

    body = Body(tmp_path)
    reference = body.send(json_schema.SELF_ASSESSMENT, CONCEPTS)
    body.now += timedelta(seconds=40)
    body.do("ines", reference, "/admit")
    found = statistics(DATA, body.store.cases(), datetime(2027, 3, 15, tzinfo=UTC), "")
    pages = Bare(RENDERER, tmp_path, Submitted((Inbox(tmp_path, "IMC"),), body.store))
    plots = StatisticsDesk(pages, Intake(JUDGE, body.store), {})._plots(found)
    assert [(bar.words, bar.length) for bar in plots["times"]] == [("0.0 / 0.0", 0.0)]
    assert replace(plots["times"][0], y=0).mark == 0.0
