"""The auditors' board (/auditors/): the issues of all cases, drawn from their events, for people who signed in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from pipeline.cases import impartiality, timeline, workload
from pipeline.cases.decisions import Outcome
from pipeline.cases.events import CONTACT, Case
from pipeline.cases.issue_text import kind_word
from pipeline.cases.people import Person
from pipeline.cases.stages import stage
from pipeline.cases.state import standing
from pipeline.dates_in_words import day
from pipeline.errors import DataInvalid, UnreadableInput
from pipeline.forms import json_schema, topics
from pipeline.github.sync import Intake
from pipeline.i18n import _
from pipeline.mail.room import MailRoom
from pipeline.natural_order import natural
from pipeline.receiving.quarantine import release
from pipeline.receiving.receive import Desk
from pipeline.submissions import inbox, parsing, references
from pipeline.submissions.document import document
from pipeline.submissions.inbox import Delivery
from pipeline.submissions.markdown import block
from pipeline.submissions.rejected import Rejected
from pipeline.web.board.case_list import ASKED, LEADS, MINE, ORDER, REFERENCE, choose, load_rows, time_and_hands
from pipeline.web.board.case_page import NOTHING, CaseDesk
from pipeline.web.board.markdown_html import to_html
from pipeline.web.board.signin import Sent, SignIn
from pipeline.web.board.statistics_page import StatisticsDesk
from pipeline.web.pages import Pages
from pipeline.web.request_body import Bodies, heading

View = Callable[[Request, Person], Response]
INTAKE_MANAGER = "intake_manager"
SHOWN = 100  # letters of the outbox, the latest first
FORM_BYTES = 2_500_000  # more than the table of findings of the largest profile, with a reason beside each


@dataclass(frozen=True)
class Board:
    """`intake` draws the issues; `arrived` is the doorbell after a release from quarantine; `mail` has the outbox.

    `people` reads who works here, and in which roles, at this moment. `acts`: cases are worked on here; not in front of
    a records repository, where that is done in its issues. `address`: scheme and host that the server has from outside.
    """

    pages: Pages
    desk: Desk
    intake: Intake
    signin: SignIn
    arrived: Callable[[], None]
    mail: MailRoom
    people: Callable[[], tuple[Person, ...]]
    address: str
    acts: bool = True
    bodies: Bodies = field(default_factory=Bodies)

    def routes(self) -> list[BaseRoute]:
        only = self._signed_in
        act = Route("/auditors/cases/{reference}", self.act, methods=["POST"])
        return [
            *([act] if self.acts else []),
            Route("/auditors/sign-in/{token}", self.sign_in, methods=["GET", "POST"]),
            Route("/auditors/sign-out", only(self.sign_out), methods=["POST"]),
            Route("/auditors", lambda _request: RedirectResponse("/auditors/", 308)),
            Route("/auditors/", only(self.overview)),
            Route("/auditors/statistics/", only(lambda *asked: self._statistics.page(*asked))),
            Route("/auditors/statistics.csv", only(lambda *asked: self._statistics.csv(*asked))),
            Route("/auditors/cases/{reference}", only(self.case)),
            Route("/auditors/cases/{reference}/private/{digest}/{name}", only(self.submission)),
            Route("/auditors/quarantine/{name}", only(self.quarantined), methods=["GET", "POST"]),
            Route("/auditors/complaints/{name}", only(self.complaint)),
            Route("/auditors/mail/{name}", only(self.letter)),
        ]

    def _signed_in(self, view: View) -> Callable[[Request], Response]:
        def guarded(request: Request) -> Response:
            try:
                return answered(request)
            except DataInvalid as error:  # only who has signed in leads to people.yml
                return self.pages.template("board_people.html", _("The board is closed"), 503, findings=error.findings)

        def answered(request: Request) -> Response:
            person = self._person(self.signin.who(request))
            if person is None:
                message = _("Open a personal link to sign in. Ask the person who runs the server for one.")
                return self.pages.problem(401, _("Please sign in"), message)
            sent = Sent.by(request, self.address)
            if request.method == "POST" and not sent.from_here:
                return self._from_elsewhere(sent)
            return view(request, person)

        return guarded

    def _forbidden(self) -> Response:
        return self.pages.problem(
            403, _("This is not for your role"), _("Ask the person who runs the server if it should be.")
        )

    def _person(self, login: str | None) -> Person | None:
        """As people.yml has them now. Raises DataInvalid."""
        return next((one for one in self.people() if one.login == login), None) if login else None

    def _from_elsewhere(self, sent: Sent) -> Response:
        message = _(
            "Your browser sent this from {origin}, but the server was asked as {address}. If both are this site, the proxy "
            "in front of the server has to pass on Host and X-Forwarded-Proto. Tell the person who runs it."
        )
        words = message.format(origin=sent.origin or "?", address=sent.address)
        return self.pages.problem(403, _("Sent from another address"), words)

    def _missing(self) -> Response:
        return self.pages.problem(404, _("There is no such page"), _("Go back to the list of cases."))

    def sign_in(self, request: Request) -> Response:
        """A page with one button: programs that look into links in advance sign nobody in."""
        token = request.path_params["token"]
        try:
            person = self._person(self.signin.of_link(token))
        except DataInvalid:
            person = None
        if person is None:
            return self._no_link()
        if request.method == "GET":
            return self.pages.template("sign_in.html", _("Sign in"), name=person.name, path=request.url.path)
        sent = Sent.by(request, self.address)
        if not sent.from_here:
            return self._from_elsewhere(sent)
        login = self.signin.use(token)
        if login is None:
            return self._no_link()
        answer = RedirectResponse("/auditors/", 303)
        self.signin.open(login, sent.secure, answer)
        return answer

    def _no_link(self) -> Response:
        message = _(
            "It was used already, or is too old, or was mistyped. Ask the person who runs the server for a new one."
        )
        return self.pages.problem(404, _("This link leads nowhere"), message)

    def sign_out(self, request: Request, _person: Person) -> Response:
        answer = RedirectResponse("/", 303)
        self.signin.close(request, answer)
        return answer

    def overview(self, request: Request, person: Person) -> Response:
        rows = [self._row(case) for case in self.intake.store.cases()]
        chosen = {name: request.query_params.get(name, "") for name in (*ASKED, MINE, REFERENCE, ORDER)}
        manager = INTAKE_MANAGER in person.roles
        handles = self._handles_complaints(person)
        return self.pages.template(
            "board.html",
            _("Cases"),
            person=person,
            rows=choose(rows, chosen, person.login),
            total=len(rows),
            chosen=chosen,
            filters=self._filters(rows),
            quarantine=[self._entry(name, self.desk.quarantine) for name in self.desk.quarantine.names()]
            if manager
            else [],
            rejected=Rejected(self.intake.store.root).all() if manager else {},
            complaints=[self._entry(name, self.desk.complaints) for name in self.desk.complaints.names()]
            if handles
            else [],
            handles_complaints=handles,
            manager=manager,
            mail=[self._letters(apart) for apart in self._mail_of(person)],
            loads=self._loads() if set(LEADS) & set(person.roles) else None,
        )

    @property
    def _names(self) -> dict[str, str]:
        return {person.login: person.name for person in self.people()}

    @property
    def _statistics(self) -> StatisticsDesk:
        return StatisticsDesk(self.pages, self.intake, self._names)

    def _loads(self) -> list[dict[str, Any]]:
        found = workload.of(self.pages.renderer.data, self.intake.store.cases(), self.intake.now())
        return load_rows(found, self._names)

    def _row(self, case: Case) -> dict[str, Any]:
        data = self.pages.renderer.data
        here, profile = stage(data, case), data.profile(case.about)
        last = case.deliveries[-1]
        return {
            "reference": case.reference,
            "certificate": case.about,
            "certificate_name": profile.name if profile else kind_word(data, json_schema.CONTACT, case.about),
            "kinds": [kind_word(data, kind, case.about) for kind in self._kinds(case)] if profile else [],
            "stage": here.id,
            "stage_name": here.title,
            "turn": here.awaited,
            "turn_name": self.pages.renderer.who(here.awaited),
            "at": last.received,
            "day": day(last.received, data.organization.language),
            **self._time_and_hands(case),
        }

    def _time_and_hands(self, case: Case) -> dict[str, Any]:
        data = self.pages.renderer.data
        found = time_and_hands(data, case, self._names, self.intake.now())
        return {**found, "due": found["due"] and day(found["due"], data.organization.language)}

    @staticmethod
    def _kinds(case: Case) -> list[str]:
        return list({str(event.data["kind"]): None for event in case.deliveries})

    @staticmethod
    def _filters(rows: list[dict[str, Any]]) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """(name, label, choices): only what occurs can be chosen."""
        labels = {"certificate": _("Certificate"), "stage": _("Stage"), "turn": _("Whose turn")}
        return [
            (
                name,
                label,
                sorted({(str(row[name]), str(row[f"{name}_name"])) for row in rows}, key=lambda one: natural(one[0])),
            )
            for name, label in labels.items()
        ]

    def _entry(self, name: str, store: inbox.Inbox) -> dict[str, str]:
        try:
            delivery = inbox.read(store.path(name))
        except (ValueError, UnreadableInput, FileNotFoundError):
            title = _("cannot be read; restore the file, or take it away")
            return {"name": name, "reference": name[:16], "title": title, "day": ""}
        about = str(delivery.content.get("profile") or delivery.content.get("topic"))
        data = self.pages.renderer.data
        title = kind_word(data, str(delivery.content.get("kind")), about)
        return {
            "name": name,
            "reference": delivery.reference,
            "title": title,
            "day": day(delivery.received_at, data.organization.language),
        }

    @property
    def _desk(self) -> CaseDesk:
        return CaseDesk(self.intake, self.people())

    def _case(self, request: Request) -> Case | None:
        reference = self._reference(request)
        case = self.intake.store.case(reference) if reference else None
        return case if case and case.events else None

    async def act(self, request: Request) -> Response:
        """A button, the comment box or the table of findings: all end as a command. Nothing is read of who may not."""
        may = Response()
        refused = await run_in_threadpool(self._signed_in(lambda _request, _person: may), request)
        if refused is not may:
            return refused
        too_much = _("A command is short. Go back and shorten it.")
        try:
            async with self.bodies.read(request, FORM_BYTES, too_much) as body:
                done = self._signed_in(lambda _request, person: self._done(request, person, body))
                return await run_in_threadpool(done, request)
        except UnreadableInput as error:
            return self.pages.problem(error.status, heading(error), str(error))

    def _done(self, request: Request, person: Person, body: bytes) -> Response:
        form = {name: values[-1] for name, values in parsing.parse_form(body).items()}
        case = self._case(request)
        if case is None:
            return self._missing()
        if self._is_own(case, person):
            return self._own()
        desk = self._desk
        typed = self._typed(form, desk.comment(case, person, form))
        outcome = desk.answer(case, person, form)
        if outcome.event:
            self.arrived()
        after, status = self.intake.store.case(case.reference), 422 if outcome.refusals else 200
        return self._page(after, person, status, outcome, typed if outcome.refusals else None)

    @staticmethod
    def _typed(form: dict[str, str], comment: str) -> dict[str, str]:
        """What was refused, by the name of the field in which it stands again."""
        command = form.get("command")
        return {command: form.get("words", "")} if command else {"comment": comment}

    def case(self, request: Request, person: Person) -> Response:
        case = self._case(request)
        if case is None:
            return self._missing()
        return self._own() if self._is_own(case, person) else self._page(case, person)

    def _is_own(self, case: Case, person: Person) -> bool:
        return any(impartiality.own(self._desk.work(case, person)))

    def _own(self) -> Response:
        words = _("What is done with it is for others to see. The link of your receipt says where it stands.")
        return self.pages.problem(403, _("This is your own case"), words)

    def _page(
        self,
        case: Case,
        person: Person,
        status: int = 200,
        outcome: Outcome | None = None,
        typed: dict[str, str] | None = None,
    ) -> Response:
        kinds = [kind for kind in self._kinds(case) if case.current(kind)]
        issues = [self.intake.draw(case, event) for kind in reversed(kinds) if (event := case.current(kind))]
        shown = [(issue.title, issue.labels, to_html(issue.body, 3 if n else 2)) for n, issue in enumerate(issues)]
        can = self._desk.shown(case, person) if self.acts else NOTHING
        refused = bool(outcome and outcome.refusals)
        title = _("Refused: {title}").format(title=case.reference) if refused else case.reference
        said = to_html(outcome.said.replace("\n", "  \n")) if outcome else ""  # each line stays one
        context = {**can, **self._head(case), "said": said, "wrong": refused, "typed": typed or {}}
        return self.pages.template("board_case.html", title, status, person=person, issues=shown, **context)

    def _head(self, case: Case) -> dict[str, Any]:
        """`paused`: since which day; `history`: (day, words, login), oldest first."""
        data = self.pages.renderer.data
        language = data.organization.language
        pause = None if case.opening.type == CONTACT else standing(data, case).pause
        return {
            "paused": day(pause.isoformat(), language) if pause else "",
            "history": [(day(line.at, language), line.words, line.login) for line in timeline.lines(data, case)],
        }

    def _reference(self, request: Request) -> str | None:
        """Only what is a reference becomes a file name."""
        typed = str(request.path_params["reference"])
        reference = references.normalise(self.desk.inbox.prefix, typed)
        return reference if reference == typed else None

    def submission(self, request: Request, person: Person) -> Response:
        """What was sent, as the file in the case has it."""
        reference, digest, name = self._reference(request), request.path_params["digest"], request.path_params["name"]
        if not reference or not re.fullmatch(r"[0-9a-f]{16}", digest) or not re.fullmatch(r"[a-z]+\.md", name):
            return self._missing()
        path = self.intake.store.private(reference, digest) / name
        if not path.is_file():
            return self._missing()
        if self._is_own(self.intake.store.case(reference), person):
            return self._own()
        content = to_html(path.read_text("utf-8"))
        back = f"/auditors/cases/{reference}"
        return self.pages.template("board_text.html", reference, person=person, content=content, back=back, action="")

    def quarantined(self, request: Request, person: Person) -> Response:
        if INTAKE_MANAGER not in person.roles:
            return self._forbidden()
        delivery = self._delivery(request, self.desk.quarantine)
        if delivery is None:
            return self._missing()
        if request.method == "POST":
            release(self.desk, delivery)
            self.arrived()
            return RedirectResponse("/auditors/", 303)
        if delivery.content.get("topic") in topics.COMPLAINTS:
            content = to_html(_("Its text is shown after the release, to the role that handles complaints alone."))
        else:
            content = self._read(delivery)
        title = _("Looks like a machine's")
        return self.pages.template(
            "board_text.html", title, person=person, content=content, back="/auditors/", action=request.url.path
        )

    def complaint(self, request: Request, person: Person) -> Response:
        if not self._handles_complaints(person):
            return self._forbidden()
        delivery = self._delivery(request, self.desk.complaints)
        if delivery is None:
            return self._missing()
        content = self._read(delivery)
        return self.pages.template(
            "board_text.html", delivery.reference, person=person, content=content, back="/auditors/", action=""
        )

    def _handles_complaints(self, person: Person) -> bool:
        return self.pages.renderer.data.organization.complaints_role in person.roles

    def _mail_of(self, person: Person) -> list[bool]:
        """Which letters somebody may read: False for those of the Intake Manager, True for those about complaints."""
        return [
            apart
            for apart, may in ((False, INTAKE_MANAGER in person.roles), (True, self._handles_complaints(person)))
            if may
        ]

    def _letters(self, apart: bool) -> dict[str, Any]:
        """What lies in the outbox, and what could not be delivered."""
        language = self.pages.renderer.data.organization.language
        letters = [(name, self.mail.outbox.read(apart, name)) for name in self.mail.outbox.names(apart)[:SHOWN]]
        given_up = [entry for entry in self.mail.orders.given_up() if entry.item.apart is apart]
        return {
            "apart": apart,
            "unsent": self.mail.unsent,
            "letters": [
                (name, str(letter["Subject"]), str(letter["To"]), day(letter["Date"].datetime.isoformat(), language))
                for name, letter in letters
            ],
            "given_up": [(entry.item.reference, entry.why, day(entry.at, language)) for entry in given_up],
        }

    def letter(self, request: Request, person: Person) -> Response:
        """One letter of the outbox as text."""
        name = str(request.path_params["name"])
        apart = next((apart for apart in self._mail_of(person) if name in self.mail.outbox.names(apart)), None)
        if apart is None:
            return self._missing() if self._mail_of(person) else self._forbidden()
        letter = self.mail.outbox.read(apart, name)
        body = letter.get_body(("plain",))
        return self.pages.template(
            "board_mail.html",
            str(letter["Subject"]),
            person=person,
            heads=[(head, str(letter[head])) for head in ("From", "To", "Date")],
            text=body.get_content() if body else "",
        )

    @staticmethod
    def _delivery(request: Request, store: inbox.Inbox) -> Delivery | None:
        name = str(request.path_params["name"])
        return inbox.read(store.path(name)) if name in store.names() else None

    def _read(self, delivery: Delivery) -> Any:
        value = dict(delivery.content)
        schema = self.desk.judge.schema(value)
        if not isinstance(schema, dict):
            return to_html(block(json.dumps(value, ensure_ascii=False, indent=1)))
        return to_html(document(schema, value, delivery.reference))
