"""Text goes over the wire compressed; a page that holds a secret never does."""

from __future__ import annotations

import pytest
import requests

from pipeline.forms import json_schema
from pipeline.web.headers import PERSONAL
from tests.conftest import Service
from tests.support import CONCEPTS, filled, form

ASK = {"Accept-Encoding": "gzip", "Accept": "text/html"}
FONT = "assets/fonts/source-serif-4-latin-wght-normal.woff2"
FORM = f"certificates/{CONCEPTS}/portfolio/"


def encoding(service: Service, path: str, **headers: str) -> str | None:
    answer = requests.get(f"{service.url}/{path}", headers={**ASK, **headers}, timeout=30)
    assert answer.ok
    return answer.headers.get("content-encoding")


@pytest.mark.parametrize("path", ["", FORM, "assets/site.css", "assets/form/main.js"])
def test_pages_styles_and_scripts_are_sent_compressed_to_who_reads_it(service: Service, path: str) -> None:
    assert encoding(service, path) == "gzip"
    assert encoding(service, path, **{"Accept-Encoding": "identity"}) is None


def test_what_is_packed_already_is_sent_as_it_is(service: Service) -> None:
    assert encoding(service, FONT) is None
    assert encoding(service, f"certificates/{CONCEPTS}/self-assessment.docx") is None


def test_no_page_with_a_secret_or_with_what_somebody_typed_is_compressed(service: Service) -> None:
    sent = service.post(form(filled(json_schema.SELF_ASSESSMENT, CONCEPTS)), ASK)
    received = sent.headers["location"]
    status = received.replace("/received/", "/status/")
    wrong = service.post(form(filled(json_schema.SELF_ASSESSMENT, CONCEPTS)) | {"applicant.email": "rosa"}, ASK)
    assert wrong.status_code == 422
    pages = [sent, wrong] + [
        requests.get(service.url + path, headers=ASK, timeout=30)
        for path in (received, status, f"{status}/portfolio", "/auditors/", *service.links.values())
    ]
    assert {page.headers.get("content-encoding") for page in pages} == {None}
    assert all(PERSONAL.match(page.url.removeprefix(service.url)) for page in pages)
    assert len(wrong.content) > 10_000
