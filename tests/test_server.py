"""The service over a real socket: every bad input has its answer, and nothing that was typed is lost."""

from __future__ import annotations

import http.client
import json
import logging
import re
import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from markupsafe import escape

from pipeline.cases.events import AUDITING
from pipeline.cases.store import Store
from pipeline.forms import fields, json_schema
from pipeline.settings import Settings
from pipeline.web import wiring
from pipeline.web.rate_limit import Limits
from pipeline.web.server import FORM, JSON
from tests.conftest import Service
from tests.support import CONCEPTS, DATA, EXAMPLES, PRACTICE, filled, form, free_port, serving, until

HTML = {"Accept": "text/html"}
SELF = (json_schema.SELF_ASSESSMENT, CONCEPTS)


def post_json(service: Service, value: object, **headers: str) -> requests.Response:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return requests.post(
        f"{service.url}/submissions", data=data, headers={"Content-Type": "application/json", **headers}, timeout=60
    )


def cases(service: Service) -> list[str]:
    """The references of the cases that something has happened in."""
    return [case.reference for case in Store(service.records).cases()]


def test_json_is_answered_with_reference_and_status_address(service: Service) -> None:
    answer = post_json(service, filled(*SELF))
    assert answer.status_code == 201
    reference = answer.json()["reference"]
    assert re.fullmatch(r"IMC-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]", reference)
    assert answer.headers["Location"] == answer.json()["status"]
    until(lambda: reference in cases(service))
    page = requests.get(service.url + answer.json()["status"], timeout=10)
    assert page.status_code == 200
    assert "Awaiting the interview" in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_findings_are_problem_json_with_pointer_label_and_message(service: Service) -> None:
    value = filled(*SELF, applicant={"name": "Rosa", "email": "rosa"})
    del value["answers"]["C1.1"]
    answer = post_json(service, value)
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert {found["pointer"] for found in answer.json()["findings"]} == {"/answers/C1.1/answer", "/applicant/email"}
    assert all(found["label"] and found["message"] for found in answer.json()["findings"])


def test_a_form_post_leads_to_a_confirmation_page(service: Service) -> None:
    answer = service.post(form(filled(*SELF)), HTML)
    assert answer.status_code == 303
    page = requests.get(service.url + answer.headers["Location"], timeout=10)
    assert "It has arrived" in page.text
    assert "Write my portfolio" in page.text


def test_the_receipt_of_a_portfolio_that_joins_its_case_speaks_of_the_portfolio(service: Service) -> None:
    first = service.post(form(filled(*SELF)), HTML).headers["Location"]
    reference, secret = first.split("/")[-2:]
    joining = filled(json_schema.PORTFOLIO, SELF[1], case={"reference": reference, "secret": secret})
    second = service.post(form(joining), HTML).headers["Location"]
    assert second == f"{first}/portfolio"
    page = requests.get(service.url + second, timeout=10).text
    assert "It has arrived" in page
    assert "sees that everything is there" in page
    assert "reads your self-assessment" not in page
    assert "Write my portfolio" not in page


def test_a_form_with_faults_comes_back_with_every_typed_value_and_a_summary(service: Service) -> None:
    typed = {
        "applicant.name": "Rosa <b>& Söhne</b>",
        "interview.times": "Mondays\r\n\"late\" 'quoted'",
        "applicant.email": "rosa",
    }
    posted = {**form(filled(*SELF)), **typed}
    del posted["answers.C2.1.answer"]
    answer = service.post(posted, HTML)
    assert answer.status_code == 422
    page = answer.text
    assert "Still to be mended: 2" in page
    assert 'value="Rosa &lt;b&gt;&amp; Söhne&lt;/b&gt;"' in page
    assert "Mondays\n&#34;late&#34; &#39;quoted&#39;</textarea>" in page
    assert 'href="#answers.C2.1.answer"' in page
    assert 'id="answers.C2.1.answer"' in page
    assert len(re.findall(r" checked[ >]", page)) == 71 + 1
    assert cases(service) == []


def test_a_wrong_hidden_field_is_named_with_the_remedy_and_the_page_that_comes_back_can_be_sent(
    service: Service,
) -> None:
    wrong = {"id": "no", "version": "3", "language": "French"}
    answer = service.post({**form(filled(*SELF)), **wrong}, HTML)
    assert (answer.status_code, "Still to be mended: 3" in answer.text) == (422, True)
    for name in wrong:
        assert f"Hidden field “{name}”: does not fit this site&#39;s form" in answer.text
    assert "What you typed is kept" in answer.text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', answer.text))
    assert service.post({**form(filled(*SELF)), **hidden}, HTML).status_code == 303


def test_a_field_that_is_sent_twice_is_told_so(service: Service) -> None:
    posted = {**form(filled(*SELF)), "applicant.name": ["Rosa", "Rosa T."]}
    answer = service.post(posted, HTML)  # type: ignore[arg-type]
    assert answer.status_code == 422
    assert "Full name: was sent twice; send it once" in answer.text


def test_what_was_written_about_a_statement_that_is_no_longer_asked_is_shown(service: Service) -> None:
    posted = {
        **form(filled(json_schema.PORTFOLIO, PRACTICE)),
        "answers.P9.9.answer": "yes",
        "answers.P9.9.evidence": "A long <text>",
    }
    answer = service.post(posted, HTML)
    assert answer.status_code == 422
    assert "no longer asked" in answer.text
    assert "A long &lt;text&gt;" in answer.text
    del posted["answers.P9.9.answer"], posted["answers.P9.9.evidence"]
    assert service.post(posted, HTML).status_code == 303


def test_every_answer_typed_in_a_portfolio_of_real_size_comes_back(service: Service) -> None:
    value = json.loads((EXAMPLES / "submissions/valid/portfolio-practice-japanese.json").read_text("utf-8"))
    posted = {**form({**value, "profile_hash": DATA.hashes[PRACTICE]}), "applicant.email": "nothing"}
    page = service.post(posted, HTML).text
    evidence = [answer["evidence"] for answer in value["answers"].values()]
    assert len(evidence) == 112
    assert all(str(escape(text)) in page for text in evidence)


def test_sent_twice_it_is_the_same_reference_and_one_case(service: Service) -> None:
    first, second = (post_json(service, filled(*SELF, id="a" * 32)).json() for _ in range(2))
    assert first.items() <= second.items()  # the second may know more: that it was taken in, and what comes next
    store = Store(service.records)
    until(lambda: not list((service.records / "inbox").glob("*.json")) and bool(store.case(first["reference"]).events))
    assert [event.type for event in store.case(first["reference"]).events] == ["received"]


def test_sent_ten_times_at_once_it_is_one_case(service: Service) -> None:
    value = filled(*SELF)
    with ThreadPoolExecutor(10) as pool:
        references = {answer.json()["reference"] for answer in pool.map(lambda _: post_json(service, value), range(10))}
    assert len(references) == 1
    until(lambda: cases(service) == sorted(references))


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"a":1,"a":2}', b"[" * 5000, b'{"x": NaN}'])
def test_what_is_no_json_is_400_in_words(service: Service, body: bytes) -> None:
    answer = post_json(service, body)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["detail"]


def test_too_many_fields_and_broken_encodings_of_a_form_are_400(service: Service) -> None:
    for body in ("&".join(f"a{n}=1" for n in range(6000)), "a=%ff%fe"):
        answer = requests.post(
            f"{service.url}/submissions",
            data=body,
            headers={"Content-Type": "application/x-www-form-urlencoded", **HTML},
            timeout=10,
        )
        assert answer.status_code == 400
        assert "This could not be read" in answer.text


@pytest.mark.parametrize("content_type", ["", "text/plain", "multipart/form-data; boundary=x", "application/xml"])
def test_other_content_types_are_415(service: Service, content_type: str) -> None:
    answer = requests.post(f"{service.url}/submissions", data=b"x", headers={"Content-Type": content_type}, timeout=10)
    assert answer.status_code == 415


def test_too_much_is_413_whether_or_not_its_length_is_told(service: Service) -> None:
    limit = max(
        fields.max_bytes(json_schema.form_schema(DATA, kind, about)) for kind, about in json_schema.form_kinds(DATA)
    )
    assert limit > 6_000_000
    assert post_json(service, b'{"a": "' + b"x" * limit + b'"}').status_code == 413

    def pieces() -> Iterator[bytes]:
        for _ in range(limit // 65536 + 2):
            yield b"x" * 65536

    answer = requests.post(
        f"{service.url}/submissions", data=pieces(), headers={"Content-Type": "application/json"}, timeout=60
    )
    assert answer.status_code == 413


def test_a_length_that_is_no_number_is_refused(service: Service) -> None:
    place = urlsplit(service.url)
    with socket.create_connection((place.hostname, place.port), timeout=10) as line:
        line.sendall(
            b"POST /submissions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: -5\r\n\r\n"
        )
        assert line.recv(100).split()[1] in (b"400", b"413")


def test_a_connection_that_breaks_off_keeps_nothing_and_harms_nobody(service: Service) -> None:
    place = urlsplit(service.url)
    with socket.create_connection((place.hostname, place.port), timeout=10) as line:
        line.sendall(
            b"POST /submissions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"
        )
    assert requests.get(f"{service.url}/health", timeout=10).json()["accepting"] is True
    assert cases(service) == []


def test_whoever_sends_too_much_waits_and_is_told_how_long() -> None:
    now = [0.0]
    limits = Limits(each=3, overall=5, clock=lambda: now[0])
    assert [limits.take("a") for _ in range(4)] == [0, 0, 0, 1201]
    assert [limits.take("b") for _ in range(4)] == [0, 0, 0, 1201]
    assert [limits.admit() for _ in range(6)] == [0, 0, 0, 0, 0, 721]
    now[0] += 1201
    assert limits.take("a") == 0


@pytest.mark.parametrize(
    "address", ["2001:db8:1:2::{:x}", "2001:db8:0:{:x}::1"], ids=["one IPv6 network", "many callers"]
)
def test_1208_posts_that_are_no_submissions_leave_everybody_else_their_budget(
    site: Settings, tmp_path: Path, address: str
) -> None:
    port = free_port()
    settings = replace(site, var=tmp_path, records=tmp_path / "records")
    running = wiring.local(settings, Limits(), f"http://127.0.0.1:{port}")
    refused: Counter[int] = Counter()
    kinds = [(JSON, b"x"), ("text/plain", b"x"), (JSON, b"{}"), (FORM, b"\xff")]
    with serving(running.app, port, proxies=(ip_network("127.0.0.1"),)) as url:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        for number in range(1208):
            kind, body = kinds[number % 4]
            headers = {"Content-Type": kind, "X-Forwarded-For": address.format(number)}
            connection.request("POST", "/submissions", body, headers)
            answer = connection.getresponse()
            answer.read()
            refused[answer.status] += 1
        connection.close()
        elsewhere = {"X-Forwarded-For": "198.51.100.7"}
        good = requests.post(f"{url}/submissions", json=filled(*SELF), headers=elsewhere, timeout=20)
    assert good.status_code == 201
    assert refused == ({429: 1148, 400: 30, 415: 15, 422: 15} if "2::" in address else {400: 604, 415: 302, 422: 302})


def test_a_connection_that_is_used_again_is_answered_without_a_delay(service: Service) -> None:
    connection = http.client.HTTPConnection(urlsplit(service.url).netloc, timeout=10)
    taken = []
    for _ in range(30):
        begun = time.monotonic()
        connection.request("GET", "/submissions")
        connection.getresponse().read()
        taken.append(time.monotonic() - begun)
    connection.close()
    assert min(taken[1:]) < 0.035  # two writes on a socket that waits for the acknowledgement of the first take 40 ms


def test_when_all_together_sent_enough_that_is_sound_the_next_waits_and_what_was_typed_is_shown(
    site: Settings, tmp_path: Path
) -> None:
    port = free_port()
    settings = replace(site, var=tmp_path, records=tmp_path / "records")
    running = wiring.local(settings, Limits(overall=1), f"http://127.0.0.1:{port}")
    with serving(running.app, port) as url:
        post = partial(requests.post, f"{url}/submissions", headers=HTML, allow_redirects=False, timeout=20)
        wrong, first, second = (
            post(data=form(filled(*SELF, applicant={"name": name, "email": "a@example.org"})))
            for name in ("", "Ana", "Rosa <b>")
        )
        files = sum(path.is_file() for path in (tmp_path / "records/references").iterdir())
    assert [wrong.status_code, first.status_code, second.status_code] == [422, 303, 429]
    assert (int(second.headers["Retry-After"]) > 60, "Rosa &lt;b&gt;" in second.text, files) == (True, True, 1)


def test_what_is_here_already_costs_nobody_else_anything(site: Settings, tmp_path: Path) -> None:
    port = free_port()
    settings = replace(site, var=tmp_path, records=tmp_path / "records")
    running = wiring.local(settings, Limits(overall=2), f"http://127.0.0.1:{port}")
    with serving(running.app, port) as url:
        post = partial(requests.post, f"{url}/submissions", timeout=20)
        again = [post(json=filled(*SELF, id="a" * 32)).status_code for _ in range(5)]
        others = [post(json=filled(*SELF, id=letter * 32)).status_code for letter in "bc"]
    assert (again, others) == ([201] * 5, [201, 429])


def test_over_the_limit_is_429_with_retry_after(site: Settings, tmp_path: Path) -> None:
    port = free_port()
    settings = replace(site, var=tmp_path, records=tmp_path / "records")
    running = wiring.local(settings, Limits(2, 100), f"http://127.0.0.1:{port}")
    with serving(running.app, port) as url:
        answers = [requests.post(f"{url}/submissions", json={}, timeout=10) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [422, 422, 429]
    assert int(answers[2].headers["Retry-After"]) > 60


def test_a_filled_honeypot_is_answered_like_the_rest_and_waits_in_quarantine(service: Service) -> None:
    answer = service.post({**form(filled(*SELF)), "website_url": "http://buy.example"}, HTML)
    assert answer.status_code == 303
    assert len(list((service.settings.var / "quarantine/inbox").glob("*.json"))) == 1
    assert cases(service) == []


def test_a_complaint_goes_to_a_store_of_its_own_and_opens_no_case(service: Service) -> None:
    answer = service.post(form(filled(json_schema.CONTACT, "complaint")), HTML)
    assert answer.status_code == 303
    assert len(list((service.settings.var / "complaints/inbox").glob("*.json"))) == 1
    page = requests.get(service.url + answer.headers["Location"].replace("received", "status"), timeout=10).text
    assert "Director of Certification" in page
    post_json(service, filled(*SELF))
    until(lambda: len(cases(service)) == 1)
    assert not any("complaint" in path.read_text("utf-8") for path in service.records.rglob("*.json"))


def test_a_portfolio_with_reference_and_secret_joins_the_case(service: Service) -> None:
    first = post_json(service, filled(json_schema.SELF_ASSESSMENT, PRACTICE)).json()
    secret = first["status"].rpartition("/")[2]
    page = requests.get(f"{service.url}{first['status']}/portfolio", timeout=10).text
    assert f'value="{first["reference"]}"' in page
    assert f'value="{secret}"' in page
    typed = {"reference": first["reference"].lower().replace("-", " "), "secret": secret}
    second = post_json(service, filled(json_schema.PORTFOLIO, PRACTICE, case=typed)).json()
    assert second["reference"] == first["reference"]
    until(lambda: len(list((service.records / "cases" / first["reference"] / "events").glob("*.json"))) == 2)
    assert cases(service) == [first["reference"]]


@pytest.mark.parametrize(
    "wrong", [{"reference": "IMC-0000-0000-0", "secret": "x"}, {"reference": "7"}, {"secret": "x"}]
)
def test_a_wrong_reference_or_secret_is_a_finding_and_never_a_case(service: Service, wrong: dict[str, str]) -> None:
    answer = post_json(service, filled(json_schema.PORTFOLIO, PRACTICE, case=wrong))
    assert answer.status_code == 422
    assert [found["pointer"] for found in answer.json()["findings"]] == ["/case/reference"]


def test_the_secret_of_another_case_opens_nothing(service: Service) -> None:
    one = post_json(service, filled(*SELF)).json()
    other = post_json(service, filled(*SELF, applicant={"name": "B", "email": "b@example.org"})).json()
    secret = other["status"].rpartition("/")[2]
    crossed = requests.get(f"{service.url}/status/{one['reference']}/{secret}", timeout=10)
    unknown = requests.get(f"{service.url}/status/IMC-0000-0000-0/{secret}", timeout=10)
    assert crossed.status_code == unknown.status_code == 404
    assert crossed.text == unknown.text


def test_once_the_audit_has_begun_a_revision_is_409_and_the_same_again_is_not(service: Service) -> None:
    value = {**filled(*SELF), "id": "a" * 32}
    reference = post_json(service, value).json()["reference"]
    until(lambda: reference in cases(service))
    store = Store(service.records)
    until(lambda: bool(store.case(reference).events))
    assert store.append(
        store.case(reference), AUDITING, at="2027-01-01T00:00:00Z", by="auditor", data={"role": "auditor"}
    )
    revised = post_json(service, {**value, "applicant": {"name": "Other", "email": "o@example.org"}})
    assert revised.status_code == 409
    assert "has begun" in revised.json()["detail"]
    assert post_json(service, value).status_code == 201
    withdrawn = {"role": "intake_manager", "to": "withdrawn"}
    assert store.append(store.case(reference), "withdrawn", at="2027-01-02T00:00:00Z", by="ines", data=withdrawn)
    over = post_json(service, {**value, "applicant": {"name": "Other", "email": "o@example.org"}})
    assert (over.status_code, over.json()["title"]) == (409, "This case is over")
    assert "A new self-assessment begins a new case." in over.json()["detail"]


def test_a_browsers_post_that_comes_too_late_shows_what_was_typed_to_copy_and_the_way_on(service: Service) -> None:
    reference = post_json(service, filled(*SELF)).json()["reference"]
    store = Store(service.records)
    until(lambda: bool(store.case(reference).events))
    withdrawn = {"role": "intake_manager", "to": "withdrawn"}
    assert store.append(store.case(reference), "withdrawn", at="2027-01-02T00:00:00Z", by="ines", data=withdrawn)
    value = filled(json_schema.PORTFOLIO, SELF[1])
    value["answers"]["C1.1"] = {
        "answer": "not_yet",
        "evidence": "Two <b>lines</b>\nof mine",
        "links": ["https://a.org/"],
    }
    typed = form(value) | service.desk_secret(reference)
    answer = service.post(typed, HTML)
    page = answer.text.partition("<h1>")[2]
    assert (answer.status_code, "Two &lt;b&gt;lines&lt;/b&gt;\nof mine" in page) == (409, True)
    for words in ("not yet</blockquote>", "https://a.org/", "I wrote an agreement with Rosa in March.", "Rosa Test"):
        assert words in page
    assert typed["case.secret"] not in page
    assert f"certificates/{SELF[1]}/self-assessment/" in page
    assert "If you see “Clear this draft” there, choose it." in page


def test_health_security_headers_and_no_log_of_who_called(
    service: Service, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = service.post(form(filled(*SELF)), HTML)
        page = requests.get(service.url + answer.headers["Location"], timeout=10)
    health = requests.get(f"{service.url}/health", timeout=10)
    assert health.json()["accepting"] is True
    for name in ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "X-Frame-Options"):
        assert name in page.headers
    secret = answer.headers["Location"].rpartition("/")[2]
    out, err = capfd.readouterr()
    served = [record.getMessage() for record in caplog.records if not record.name.startswith("urllib3")]
    assert secret not in out + err + "\n".join(served)
    assert "rosa@example.org" not in out + err + "\n".join(served)


def test_another_site_may_not_post_json_and_read_the_answer(service: Service) -> None:
    asked = {
        "Origin": "https://evil.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    answer = requests.options(f"{service.url}/submissions", headers=asked, timeout=10)
    assert "Access-Control-Allow-Origin" not in answer.headers
    own = requests.options(f"{service.url}/submissions", headers={**asked, "Origin": service.url}, timeout=10)
    assert own.headers["Access-Control-Allow-Origin"] == service.url


def test_other_methods_and_paths_are_answered_plainly(service: Service) -> None:
    alone = requests.get(f"{service.url}/submissions", timeout=10)
    assert (alone.status_code, "Open the form again" in alone.text) == (405, True)
    for path in ("/certificates/", "/", "/health"):
        sent = requests.post(service.url + path, data={"a": "b"}, timeout=10)
        assert (sent.status_code, sent.headers["Allow"]) == (405, "GET, HEAD")
        assert "does not take what was sent to it" in sent.text
    missing = requests.get(f"{service.url}/no/such/page/", timeout=10)
    assert missing.status_code == 404
    assert "There is no such page" in missing.text
    connection = http.client.HTTPConnection(urlsplit(service.url).netloc, timeout=10)
    connection.request("GET", "/../../etc/passwd")
    assert connection.getresponse().status in (400, 404)
    connection.close()


def test_a_disk_that_cannot_be_written_is_503_and_nothing_is_acknowledged(service: Service) -> None:
    (service.records / "inbox").parent.mkdir(parents=True, exist_ok=True)
    (service.records / "inbox").write_text("no folder")
    answer = service.post(form(filled(*SELF)), HTML)
    assert answer.status_code == 503
    assert "could not be kept" in answer.text
