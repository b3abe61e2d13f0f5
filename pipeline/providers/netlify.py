"""Netlify Forms, for a site that Netlify serves (docs.netlify.com: "Forms setup", "Get started with the Netlify API").

The site's name leads to its forms, each form to its submissions: GET /sites/{site}/forms, GET /forms/{id}/submissions,
newest first, at most 100 a page, a Link header, Bearer token, 500 requests a minute; what it takes for spam with state=spam.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from pipeline.forms import json_schema
from pipeline.providers.listing import once, sent_since, week_before
from pipeline.providers.provider import FormNeeds, ProviderFailed, Sent
from pipeline.providers.reader import Reader, records

PAGE = 100  # submissions a page: Netlify gives no more
OURS = tuple(
    f"{kind}-" for kind in (json_schema.SELF_ASSESSMENT, json_schema.PORTFOLIO, json_schema.CONTACT)
)  # names of forms
STATES = ("", "spam")  # the verified ones have no name
OWN = ("ip", "user_agent", "referrer", "form-name")  # what Netlify puts among a form's fields: not for the records


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
        return week_before(last)

    def sent(self, last: str) -> Iterator[Sent]:
        since = self.since(last)
        forms = once(self._pages(f"/sites/{self.site}/forms", {}), lambda entry: str(entry["id"]))
        ours = [form for form, entry in forms.read.items() if str(entry.get("name", "")).startswith(OURS)]
        lists = [partial(self._newest, form, state, since) for form in ours for state in STATES]
        return sent_since(since, lists, endless=forms.endless)

    def _newest(self, form: str, state: str, since: str) -> Iterator[list[Sent]]:
        """Page by page until one ends with what is older than `since`; that they are in order is seen, not believed."""
        for entries in self._pages(f"/forms/{form}/submissions", {"state": state} if state else {}):
            page = [_sent(entry, state == "spam") for entry in entries]
            yield page
            times = [sent.at for sent in page]
            if "" < times[-1] < since and times == sorted(times, reverse=True):
                return

    def _pages(self, path: str, query: dict[str, str | int]) -> Iterator[list[dict[str, Any]]]:
        page = self.reader.page(f"{self.reader.api}{path}", {**query, "per_page": PAGE}, records)
        while page.entries:
            yield page.entries
            if not page.following:
                return
            page = self.reader.page(page.following, {}, records)


def _sent(entry: dict[str, Any], spam: bool) -> Sent:
    data = entry.get("data")
    if not isinstance(data, dict) or not entry.get("id"):
        raise ProviderFailed("The form provider lists a submission without an id or without its fields")
    form = {name: value for name, value in data.items() if name not in OWN}
    return Sent.of(entry.get("created_at"), form, str(entry["id"]), spam)
