"""Netlify Forms, for a site that Netlify serves (docs.netlify.com: "Forms setup", "Get started with the Netlify API").

The site's name leads to its forms, each form to its submissions: GET /sites/{site}/forms, GET /forms/{id}/submissions,
newest first, at most 100 a page, a Link header, Bearer token, 500 requests a minute; what it takes for spam with state=spam.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from pipeline.accept.providers.provider import FormNeeds, ProviderFailed, Sent, form_of
from pipeline.accept.providers.reader import Reader, records
from pipeline.profiles import derive

PAGE = 100  # submissions a page: Netlify gives no more
OURS = tuple(f"{kind}-" for kind in (derive.SELF_ASSESSMENT, derive.PORTFOLIO, derive.CONTACT))  # names of forms
STATES = ("", "spam")  # the verified ones have no name
OWN = ("ip", "user_agent", "referrer", "form-name")  # what Netlify puts among a form's fields: not for the records
AGAIN = timedelta(days=7)  # looked at again, and known again: somebody may say later that one is no spam
READINGS = 3  # of a list of several pages


@dataclass
class Netlify:
    """A form there has the name that it is given in `needs`; forms of the site that are named otherwise are none of ours."""

    reader: Reader
    site: str

    kind: ClassVar[str] = "netlify"
    host: ClassVar[str] = "netlify.com"
    key_name: ClassVar[str] = "NETLIFY_TOKEN"
    api_name: ClassVar[str] = "NETLIFY_API_URL"
    default_api: ClassVar[str] = "https://api.netlify.com/api/v1"
    honeypot: ClassVar[str] = "bot-field"

    @classmethod
    def needs(cls, name: str, thanks: str) -> FormNeeds:
        """Netlify knows a form by reading its HTML, and keeps the fields it has seen there: the script's id too.

        It shows the page that the form is sent to: the page of thanks in the form's language.
        """
        attributes = {"name": name, "data-netlify": "true", "netlify-honeypot": cls.honeypot}
        return FormNeeds(cls.honeypot, attributes, {"form-name": name, "id": ""}, action=thanks)

    @classmethod
    def from_endpoint(cls, url: str, api: str, key: str) -> Self:
        """`url` is a page of the site itself; its host is what the API knows the site by."""
        return cls(Reader(api, cls.key_name, headers={"Authorization": f"Bearer {key}"}), urlsplit(url).hostname or "")

    def since(self, last: str) -> str:
        try:
            return _text(_moment(last) - AGAIN) if last else ""
        except ValueError:
            return ""

    def sent(self, last: str) -> Iterator[Sent]:
        since = self.since(last)
        found: dict[str, Sent] = {}
        for form in self._forms():
            for state in STATES:
                found |= self._all(form, state, since)
        yield from sorted(found.values(), key=attrgetter("at", "id"))

    def _forms(self) -> Iterator[str]:
        """The ids of our forms."""
        for entries in self._pages(f"/sites/{self.site}/forms", {}):
            yield from (str(entry["id"]) for entry in entries if str(entry.get("name", "")).startswith(OURS))

    def _all(self, form: str, state: str, since: str) -> dict[str, Sent]:
        """By mark. Several pages are read until nothing more is found: who deletes one moves another past the next page."""
        found: dict[str, Sent] = {}
        for _reading in range(READINGS):
            pages = list(self._newest(form, state, since))
            read = {sent.mark: sent for page in pages for sent in page if sent.at >= since}
            more = read.keys() - found.keys()
            found |= read
            if len(pages) == 1 or not more:
                break
        return found

    def _newest(self, form: str, state: str, since: str) -> Iterator[list[Sent]]:
        """Page by page until one ends with what is older than `since`; that they are in order is seen, not believed."""
        for entries in self._pages(f"/forms/{form}/submissions", {"state": state} if state else {}):
            page = [_sent(entry, state == "spam") for entry in entries]
            yield page
            times = [sent.at for sent in page]
            if times and times[-1] < since and times == sorted(times, reverse=True):
                return

    def _pages(self, path: str, query: dict[str, str | int]) -> Iterator[list[dict[str, Any]]]:
        page = self.reader.page(f"{self.reader.api}{path}", {**query, "per_page": PAGE}, records)
        yield page.entries
        while page.following:
            page = self.reader.page(page.following, {}, records)
            yield page.entries


def _sent(entry: dict[str, Any], spam: bool) -> Sent:
    data = entry.get("data")
    if not isinstance(data, dict) or not entry.get("id"):
        raise ProviderFailed("The form provider lists a submission without an id or without its fields")
    form = {name: value for name, value in data.items() if name not in OWN}
    try:
        return Sent(_text(_moment(str(entry.get("created_at")))), form_of(form), str(entry["id"]), spam)
    except ValueError as error:
        raise ProviderFailed("The form provider lists a submission without the time it was sent") from error


def _moment(text: str) -> datetime:
    """RFC 3339, UTC where it does not say. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(moment: datetime) -> str:
    """Sorts as time does."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
