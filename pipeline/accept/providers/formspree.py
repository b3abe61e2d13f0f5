"""Formspree: GET /forms/{hashid}/submissions with limit, offset, order and since; HTTP Basic, empty user, key as password."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self
from urllib.parse import urlsplit

from pipeline.accept.providers.listing import sent_since, week_before
from pipeline.accept.providers.provider import FormNeeds, Sent
from pipeline.accept.providers.reader import Reader, records

PAGE = 100  # submissions a page


@dataclass
class Formspree:
    """All forms of the site are one form there, like https://formspree.io/f/abcdwxyz. What it takes for spam it does not list."""

    reader: Reader
    form_id: str

    kind: ClassVar[str] = "formspree"
    host: ClassVar[str] = "formspree.io"
    key_name: ClassVar[str] = "FORMSPREE_API_KEY"
    api_name: ClassVar[str] = "FORMSPREE_API_URL"
    default_api: ClassVar[str] = "https://formspree.io/api/0"
    honeypot: ClassVar[str] = "_gotcha"

    @classmethod
    def needs(cls, name: str, thanks: str) -> FormNeeds:
        return FormNeeds(cls.honeypot, hidden={"_next": thanks})

    @classmethod
    def from_endpoint(cls, url: str, api: str, key: str) -> Self:
        form_id = urlsplit(url).path.rstrip("/").rpartition("/")[2]
        return cls(Reader(api, cls.key_name, auth=("", key)), form_id)

    def since(self, last: str) -> str:
        return week_before(last)

    def sent(self, last: str) -> Iterator[Sent]:
        since = self.since(last)
        return sent_since(since, [lambda: self._pages(since)])

    def _pages(self, since: str) -> Iterator[list[Sent]]:
        """Its submissions have no id of their own. Fields that begin with an underscore are Formspree's."""
        url, offset = f"{self.reader.api}/forms/{self.form_id}/submissions", 0
        while True:
            query: dict[str, str | int] = {"limit": PAGE, "offset": offset, "order": "asc"}
            if since:
                query["since"] = since
            found = self.reader.page(url, query, lambda content: records(content["submissions"])).entries
            if found:
                yield [Sent.of(content.get("_date"), content) for content in found]
            if len(found) < PAGE:
                return
            offset += len(found)
