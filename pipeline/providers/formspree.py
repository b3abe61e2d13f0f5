"""Formspree: GET /forms/{hashid}/submissions with limit, offset, order and since; HTTP Basic, empty user, key as password.

With spam=true it lists what it takes for spam instead (its "Form Submissions API", December 2025), but not for every account.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from pipeline.providers.listing import sent_since, week_before
from pipeline.providers.provider import FormNeeds, ProviderFailed, Refused, Sent
from pipeline.providers.reader import Reader, records

PAGE = 100  # submissions a page


@dataclass
class Formspree:
    """All forms of the site are one form there, like https://formspree.io/f/abcdwxyz."""

    reader: Reader
    form_id: str
    lists_spam: bool = True

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
        """An account that cannot list spam gets a refusal, or the other list again. No trouble with spam holds up the others."""
        since = self.since(last)
        names: set[str] = set()
        spam: list[Sent] = []
        trouble: list[ProviderFailed] = []

        def others() -> Iterator[list[Sent]]:
            for page in self._pages(since):
                names.update(sent.name for sent in page)
                yield page

        def held() -> Iterator[list[Sent]]:
            try:
                for page in self._pages(since, spam=True):
                    if not names.isdisjoint(sent.name for sent in page):
                        self.lists_spam = False
                        return
                    spam.extend(page)
                    yield page
            except Refused:
                self.lists_spam = False
            except ProviderFailed as error:
                trouble.append(error)

        def since_then() -> Iterator[list[Sent]]:
            """What came between the two lists is none of the second, though it may stand there."""
            yield from self._pages(since) if spam else ()

        yield from sent_since(since, [others, held, since_then])
        if trouble:
            raise trouble[0]

    def _pages(self, since: str, *, spam: bool = False) -> Iterator[list[Sent]]:
        """Its submissions have no id of their own. Fields that begin with an underscore are Formspree's.

        A page may hold fewer than were asked for and still not be the last: the end is an empty page, or the same short one again.
        """
        url, offset = f"{self.reader.api}/forms/{self.form_id}/submissions", 0
        before: list[dict[str, Any]] = []
        while True:
            query: dict[str, str | int] = {"limit": PAGE, "offset": offset, "order": "asc"}
            query |= {"since": since} if since else {}
            query |= {"spam": "true"} if spam else {}
            found = self.reader.page(url, query, lambda content: records(content["submissions"])).entries
            if not found or (len(found) < PAGE and found == before):
                return
            yield [Sent.of(content.get("_date"), content, spam=spam) for content in found]
            before = found
            offset += len(found)
