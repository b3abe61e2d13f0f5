"""The statistics at the board (/auditors/statistics/): plots and the same numbers as tables, and as CSV."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from pipeline.cases.people import Person
from pipeline.cases.statistics import SMALL, Statistics, statistics, to_csv
from pipeline.github.sync import Intake
from pipeline.i18n import _
from pipeline.web.board.case_list import load_rows, name_of
from pipeline.web.board.plots import ROW, Bar, bars
from pipeline.web.pages import Pages


@dataclass(frozen=True)
class StatisticsDesk:
    """`names`: login → name."""

    pages: Pages
    intake: Intake
    names: Mapping[str, str]

    def page(self, request: Request, person: Person) -> Response:
        found, data = self._found(request), self.pages.renderer.data
        context: dict[str, Any] = {
            "found": found,
            "certificates": data.profiles,
            "small": SMALL,
            "row": ROW,
            "loads": load_rows(found.loads, self.names),
            "plots": self._plots(found),
            "funnel": self._funnel(found),
        }
        return self.pages.template("statistics.html", _("Statistics"), person=person, **context)

    def csv(self, request: Request, _person: Person) -> Response:
        name = 'attachment; filename="statistics.csv"'
        headers = {"Content-Disposition": name, "Cache-Control": "no-store"}
        return Response(to_csv([self._found(request)]), media_type="text/csv; charset=utf-8", headers=headers)

    def _found(self, request: Request) -> Statistics:
        """Of the certificate that is chosen, if it is one."""
        data, chosen = self.pages.renderer.data, request.query_params.get("certificate", "")
        certificate = chosen if data.profile(chosen) else ""
        return statistics(data, self.intake.store.cases(), self.intake.now(), certificate)

    def _funnel(self, found: Statistics) -> list[tuple[str, int]]:
        words = {
            "received": _("Received"),
            "admitted": _("Admitted"),
            "portfolio": _("Portfolio received"),
            "recommended": _("Recommended"),
            "decided": _("Decided"),
            "granted": _("Granted"),
            "declined": _("Ended: declined"),
            "withdrawn": _("Ended: withdrawn"),
            "expired": _("Ended: expired"),
        }
        return [(words[step], number) for step, number in found.funnel.items()]

    def _plots(self, found: Statistics) -> dict[str, list[Bar]]:
        process = self.pages.renderer.data.process
        times: list[Any] = [
            (
                process.state(stay.state).title,
                f"{stay.median:.1f} / {stay.p90:.1f}",
                round(stay.p90, 1),
                round(stay.median, 1),
            )
            for stay in found.stays
        ]
        return {
            "funnel": bars((words, str(number), number, None) for words, number in self._funnel(found)),
            "times": bars(times),
            "not_met": bars((statement, str(number), number, None) for statement, number in found.not_met or ()),
            "load": bars(
                (name_of(entry.login, self.names), str(entry.open), entry.open, None) for entry in found.loads
            ),
        }
