"""The server's own pages: the built site's empty page, filled by the same templates as the site (D15)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from babel.dates import format_date
from starlette.responses import HTMLResponse

from pipeline.accept.references import Claim
from pipeline.audit.stages import stage
from pipeline.cases.events import DELIVERIES, FORGOTTEN, RECEIVED, REVISED, Case
from pipeline.cases.store import Store
from pipeline.findings import Finding
from pipeline.profiles import derive, topics
from pipeline.publish.forms import render_form
from pipeline.publish.render import Renderer, fill_shell
from pipeline.text import _


def day(moment: str, language: str) -> str:
    """ "2027-03-14T09:00:00Z" → "14 March 2027"."""
    return str(format_date(date.fromisoformat(moment[:10]), "d MMMM y", locale=language))


@dataclass(frozen=True)
class Pages:
    """`site` is the folder of the built site, `store` the records that the status page reads."""

    renderer: Renderer
    site: Path
    store: Store

    @cached_property
    def _shell(self) -> str:
        return (self.site / "404.html").read_text("utf-8")

    def page(self, title: str, content: str, status: int = 200) -> HTMLResponse:
        return HTMLResponse(fill_shell(self._shell, title, content), status)

    def template(self, name: str, heading: str, status: int = 200, /, **context: Any) -> HTMLResponse:
        """The page's title is `title` in the template."""
        return self.page(heading, self.renderer(name, self.renderer.base, title=heading, **context), status)

    def form(
        self, kind: str, about: str, values: Mapping[str, Sequence[str]], findings: Sequence[Finding], status: int
    ) -> HTMLResponse:
        """A form with what was typed, and beside it what is to be mended."""
        content = render_form(self.renderer, kind, about, root=self.renderer.base, values=values, findings=findings)
        title = str(derive.form_schema(self.renderer.data, kind, about)["title"])
        return self.page(f"{_('To be mended')}: {title}" if findings else title, content, status)

    def problem(self, status: int, title: str, message: str) -> HTMLResponse:
        return self.template("problem.html", title, status, message=message, keep=status in (400, 413, 415, 429, 503))

    def received(self, claim: Claim, secret: str) -> HTMLResponse:
        context = {**self._about(claim, secret), "form_title": self._form_title(claim)}
        return self.template("received.html", _("It has arrived"), **context)

    def status(self, claim: Claim, secret: str) -> HTMLResponse:
        """Where the case stands, drawn from its events; a case that no intake has seen yet has none."""
        case = self.store.case(claim.reference)
        here = stage(self.renderer.data, case) if case.events else None
        organization = self.renderer.data.organization
        complaint = claim.about in topics.COMPLAINTS
        context = {
            **self._about(claim, secret),
            "stage": here.title if here else _("Received"),
            "awaited": here.awaited if here else organization.complaints_role if complaint else "intake_manager",
            "history": [
                (day(event.at, organization.language), _history(case, event.type, event.data))
                for event in case.events
                if event.type in (*DELIVERIES, FORGOTTEN)
            ],
            "may_write": claim.kind == derive.SELF_ASSESSMENT and not case.audit_begun,
        }
        return self.template("status.html", _("Where your case stands"), **context)

    def portfolio(self, claim: Claim, secret: str) -> HTMLResponse:
        """The portfolio form that joins the case of the link."""
        if (derive.PORTFOLIO, claim.about) not in derive.form_kinds(self.renderer.data):
            message = _("There is no portfolio to write for this reference.")
            return self.problem(404, _("There is no such page"), message)
        values = {"case.reference": [claim.reference], "case.secret": [secret]}
        return self.form(derive.PORTFOLIO, claim.about, values, [], 200)

    def _about(self, claim: Claim, secret: str) -> dict[str, Any]:
        return {
            "reference": claim.reference,
            "kind": claim.kind,
            "complaint": claim.about in topics.COMPLAINTS,
            "profile": self.renderer.data.profile(claim.about),
            "status_path": f"/status/{claim.reference}/{secret}",
            "status_url": urljoin(self.renderer.site_url, f"/status/{claim.reference}/{secret}"),
        }

    def _form_title(self, claim: Claim) -> str:
        data = self.renderer.data
        if (claim.kind, claim.about) in derive.form_kinds(data):
            return str(derive.form_schema(data, claim.kind, claim.about)["title"])
        return claim.about


def _history(case: Case, event: str, data: Mapping[str, Any]) -> str:
    if event == FORGOTTEN:
        return _("What you sent was removed. What was decided stays.")
    what = {derive.PORTFOLIO: _("Portfolio"), derive.SELF_ASSESSMENT: _("Self-assessment")}.get(
        str(data["kind"]), _("Message")
    )
    words = {RECEIVED: _("{what} received"), REVISED: _("{what} replaced by a newer one")}.get(
        event, _("{what} received")
    )
    return words.format(what=what)
