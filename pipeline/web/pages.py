"""The server's own pages: the built site's empty page, filled by the same templates as the site (D15)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from starlette.responses import HTMLResponse, Response

from pipeline.cases.events import DELIVERIES, EVIDENCE, FORGOTTEN, JOINED, RECEIVED, REVISED, Case
from pipeline.cases.phases import Phase
from pipeline.cases.stages import Stage
from pipeline.cases.store import Store
from pipeline.data.model import Statement
from pipeline.data.process import APPLICANT
from pipeline.dates_in_words import day
from pipeline.errors import AuditBegun, CaseOver
from pipeline.findings import Finding
from pipeline.forms import json_schema, topics
from pipeline.i18n import _, language
from pipeline.receiving.closed_cases import title, too_late
from pipeline.receiving.lookup import Submitted
from pipeline.receiving.outlook import Prospect, prospect
from pipeline.site.chrome import switch
from pipeline.site.forms import render_form
from pipeline.site.languages import alternates
from pipeline.site.nextsteps import next_steps
from pipeline.site.render import Renderer, fill_shell
from pipeline.submissions.references import Claim
from pipeline.timestamps import now
from pipeline.web.calendar import Interview, calendar

LOST = "/status/"
NO_LINKS = {"lost": "", "status_path": "", "form_path": ""}
Typed = Sequence[tuple[str, Sequence[str]]]
"""What somebody typed: what the fields are called, and their texts."""

REFERRER = re.compile(r'<meta name="referrer"[^>]*>')


@dataclass(frozen=True)
class Pages:
    """In the language that is spoken. `site` is the folder of the built site; `submitted` is what the personal pages read."""

    first: Renderer
    site: Path
    submitted: Submitted

    @property
    def store(self) -> Store:
        return self.submitted.store

    @property
    def renderer(self) -> Renderer:
        return self.first.in_language(language.get())

    @property
    def prefixes(self) -> tuple[str, ...]:
        """What may stand before the addresses of personal pages, the body's first language first."""
        return ("", *(f"/{code}" for code in self.first.data.organization.languages[1:]))

    @property
    def prefix(self) -> str:
        """What stands before the addresses of personal pages: "/fr", or nothing in the body's first language."""
        return f"/{self.renderer.home}".rstrip("/")

    @cached_property
    def _shells(self) -> dict[str, str]:
        """Without the line about referrers: the server says that in a header, and of personal pages something stricter."""
        homes = [self.first.in_language(code).home for code in self.first.data.organization.languages]
        return {home: REFERRER.sub("", (self.site / f"{home}404.html").read_text("utf-8")) for home in homes}

    def page(self, title: str, content: str, status: int = 200, here: str = "") -> HTMLResponse:
        """`here` is the page's address without a language, for the links to the other ones."""
        return HTMLResponse(fill_shell(self._shells[self.renderer.home], title, content, self._switch(here)), status)

    def _switch(self, here: str) -> str:
        """Personal pages lie at the server's root, wherever the site is."""
        if not here:
            return ""
        body, path = self.first.data.organization, here[1:]
        there = frozenset({path, *(f"{code}/{path}" for code in body.languages[1:])})
        return switch(self.renderer, f"{self.prefix}/", tuple(alternates(body, path, there)))

    def template(
        self, name: str, heading: str, status: int = 200, /, *, here: str = "", **context: Any
    ) -> HTMLResponse:
        """The page's title is `title` in the template."""
        return self.page(heading, self.renderer(name, self.renderer.root, title=heading, **context), status, here)

    def form(
        self, kind: str, about: str, values: Mapping[str, Sequence[str]], findings: Sequence[Finding], status: int
    ) -> HTMLResponse:
        """A form with what was typed, and beside it what is to be mended."""
        content = render_form(self.renderer, kind, about, root=self.renderer.root, values=values, findings=findings)
        title = str(json_schema.form_schema(self.renderer.data, kind, about)["title"])
        return self.page(_("To be mended: {title}").format(title=title) if findings else title, content, status)

    def problem(self, status: int, title: str, message: str, typed: Typed = (), **more: Any) -> HTMLResponse:
        """`typed` is shown as text to copy; `more`: `status_path` and `form_path` are linked."""
        context = {"message": message, "keep": status in (400, 409, 413, 415, 429, 503), "typed": typed, **NO_LINKS}
        return self.template("problem.html", title, status, **{**context, **more})

    def late(self, late: AuditBegun, about: str, typed: Typed = (), status_path: str = "") -> HTMLResponse:
        """Nothing more is taken. Without anything typed it is no answer to a form, but to a link."""
        profile = self.renderer.data.profile(about)
        anew = isinstance(late, CaseOver) and late.anew and profile is not None and profile.open
        form = f"{self.renderer.root}certificates/{about}/{json_schema.SELF_ASSESSMENT}/" if anew else ""
        links = {"keep": bool(typed), "status_path": status_path, "form_path": form}
        return self.problem(409, title(late), str(late), typed, **links)

    @staticmethod
    def again_words(reference: str) -> str:
        words = _(
            "We have this already. Its reference is {reference}. The link to your case was in the first confirmation. "
            "If you do not have it, we can send it to your e-mail address."
        )
        return words.format(reference=reference)

    def again(self, reference: str) -> HTMLResponse:
        """The answer to who repeats a form without a draft: anybody who has read it could, so it shows no link."""
        return self.problem(200, _("It has arrived before"), self.again_words(reference), lost=self.prefix + LOST)

    def no_such_link(self) -> HTMLResponse:
        """The one answer to every wrong link: unknown, mistyped or made up."""
        message = _("Check the whole link against your confirmation.")
        return self.problem(404, _("This link leads nowhere"), message, keep=False, lost=self.prefix + LOST)

    def lost(self, *, asked: bool = False, typed: str = "", error: str = "") -> HTMLResponse:
        """Where somebody asks for lost references, and what they are told."""
        title = _("Thank you") if asked else _("Have your references sent again")
        context = {"asked": asked, "typed": typed, "error": error, "action": self.prefix + LOST}
        return self.template("lost.html", title, 422 if error else 200, here=LOST, **context)

    def received(self, claim: Claim, secret: str) -> HTMLResponse:
        """The receipt of what opened the case."""
        return self._received(claim, secret, claim.kind)

    def received_portfolio(self, claim: Claim, secret: str) -> HTMLResponse:
        """The receipt of a portfolio, which may have joined the case of a self-assessment and be on its way there still."""
        if claim.kind == json_schema.CONTACT:
            return self.no_such_link()
        return self._received(claim, secret, json_schema.PORTFOLIO, "/portfolio")

    def _received(self, claim: Claim, secret: str, sent: str, below: str = "") -> HTMLResponse:
        found = self._prospect(claim)
        last = found.last(sent)
        context = {
            **self._about(claim, secret),
            **self._ahead(claim, last, found.here),
            "kind": last,
            "form_title": self._form_title(sent, claim.about),
            "over": found.over,
        }
        here = f"/received/{claim.reference}/{secret}{below}"
        return self.template("received.html", _heading(found), here=here, heading=_heading(found), **context)

    def told(self, claim: Claim, sent: str) -> dict[str, Any]:
        """For the form's own receipt, which knows of no case: what stands over it and what happens next; {} of a new one."""
        found = self._prospect(claim)
        if found.here is None:
            return {}
        ahead = next_steps(self.renderer.data.organization, found.last(sent), claim.about, found.here)
        return {"heading": _heading(found), "next": list(ahead.steps), "by_when": ahead.by_when}

    def status(self, claim: Claim, secret: str) -> HTMLResponse:
        """Where the case stands, drawn from its events; a case that no intake has seen yet has none."""
        found = self._prospect(claim)
        case, here, delivered = found.case, found.here, found.delivered
        organization = self.renderer.data.organization
        complaint = claim.about in topics.COMPLAINTS
        awaited = here.awaited if here else organization.complaints_role if complaint else "intake_manager"
        context = {
            **self._about(claim, secret),
            **self._ahead(claim, found.last(claim.kind), here),
            "stage": here.title if here else _("Received"),
            "stage_language": here.language if here else "",
            "awaited": "you" if awaited == APPLICANT else awaited,
            "since": day(here.since, self.renderer.data.language) if here else "",
            "history": [
                (day(event.received, self.renderer.data.language), _history(case, event.type, event.data))
                for event in case.events
                if event.type in (*DELIVERIES, FORGOTTEN)
            ],
            "phase": here.phase if here else "",
            "may_write": claim.kind in (json_schema.SELF_ASSESSMENT, json_schema.PORTFOLIO) and found.takes,
            "delivered": delivered,
            "wanted": self._wanted(claim, case) if here and here.phase is Phase.EVIDENCE else [],
            "other_case": next((event.data["reference"] for event in case.events if event.type == JOINED), ""),
            "lost": self.prefix + LOST,
        }
        return self.template(
            "status.html", _("Where your case stands"), here=f"/status/{claim.reference}/{secret}", **context
        )

    def _wanted(self, claim: Claim, case: Case) -> list[tuple[str, Statement | None]]:
        """The ids of the statements that are asked for again; None for one that the form does not ask any more."""
        data = self.renderer.data
        profile = data.profile(claim.about)
        asked = {statement.id: statement for statement in data.statements(profile)} if profile else {}
        last = next((event.data for event in reversed(case.events) if event.type == EVIDENCE), {})
        return [(name, asked.get(name)) for name in last.get("statements", [])]

    def interview(self, claim: Claim, secret: str) -> Response:
        """The preferred times as a calendar file."""
        times = self._times(claim)
        if not times:
            return self.problem(404, _("There is no such page"), _("No times were suggested for this reference."))
        organization = self.renderer.data.organization
        role = organization.role("intake_manager").name
        interview = Interview(
            reference=claim.reference,
            times=times,
            minutes=organization.interview_minutes,
            summary=_("Suggested: interview with the {role}").format(role=role),
            description=_(
                "You suggested this time. It is fixed once the {role} confirms it. Reference: {reference}"
            ).format(role=role, reference=claim.reference),
            maker=organization.short_name,
            host=urlsplit(self.renderer.site_url).hostname or "localhost",
        )
        headers = {"Content-Disposition": 'attachment; filename="interview.ics"'}
        return Response(calendar(interview, now()), media_type="text/calendar", headers=headers)

    def _prospect(self, claim: Claim) -> Prospect:
        return prospect(self.renderer.data, self.submitted, claim.reference)

    def _ahead(self, claim: Claim, sent: str, here: Stage | None) -> dict[str, Any]:
        """What happens next, and whether there are times for a calendar."""
        ahead = next_steps(self.renderer.data.organization, sent, claim.about, here)
        return {"ahead": ahead, "times": bool(ahead.writes and self._times(claim))}

    def _times(self, claim: Claim) -> tuple[str, ...]:
        filed = self.submitted.self_assessment(claim)
        return filed.times if filed else ()

    def portfolio(self, claim: Claim, secret: str) -> HTMLResponse:
        """The portfolio form that joins the case of the link, as long as that takes one."""
        if (json_schema.PORTFOLIO, claim.about) not in json_schema.form_kinds(self.renderer.data):
            message = _("There is no portfolio to write for this reference.")
            return self.problem(404, _("There is no such page"), message)
        late = too_late(self.renderer.data, self.store.case(self.store.onward(claim.reference)))
        if late:
            return self.late(late, claim.about, status_path=self._about(claim, secret)["status_path"])
        values = {"case.reference": [claim.reference], "case.secret": [secret]}
        return self.form(json_schema.PORTFOLIO, claim.about, values, [], 200)

    def _about(self, claim: Claim, secret: str) -> dict[str, Any]:
        return {
            "reference": claim.reference,
            "kind": claim.kind,
            "profile": self.renderer.data.profile(claim.about),
            "status_path": f"{self.prefix}/status/{claim.reference}/{secret}",
            "status_url": urljoin(self.renderer.service_url, f"{self.prefix}/status/{claim.reference}/{secret}"),
        }

    def _form_title(self, kind: str, about: str) -> str:
        data = self.renderer.data
        if (kind, about) in json_schema.form_kinds(data):
            return str(json_schema.form_schema(data, kind, about)["title"])
        return about


def _heading(found: Prospect) -> str:
    return _("This case is over") if found.over else _("It has arrived")


def _history(case: Case, event: str, data: Mapping[str, Any]) -> str:
    if event == FORGOTTEN:
        return _("What you sent was removed. What was decided stays.")
    what = {json_schema.PORTFOLIO: _("Portfolio"), json_schema.SELF_ASSESSMENT: _("Self-assessment")}.get(
        str(data["kind"]), _("Message")
    )
    words = {RECEIVED: _("{what} received"), REVISED: _("{what} replaced by a newer one")}.get(
        event, _("{what} received")
    )
    return words.format(what=what)
