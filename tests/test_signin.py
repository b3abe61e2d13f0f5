"""Who gets to the board, behind a proxy too: by a link that opens once, and from the site's own page alone."""

from __future__ import annotations

import http.client
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
import requests

from pipeline.settings import ROOT, Settings
from pipeline.web import lost_references, wiring
from pipeline.web.board.invitation import REMEMBERED, VALID, Invitations
from pipeline.web.board.signin import Sent
from pipeline.web.rate_limit import Limits
from tests.conftest import Service
from tests.support import free_port, served, serving

PUBLIC = "https://certificates.example.org"
LOOPBACK = (ip_network("127.0.0.1"),)


def pipeline(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PIPELINE_VAR": str(settings.var),
        "PIPELINE_RECORDS": str(settings.records),
        "PATH": "/usr/bin:/bin",
    }
    command = [sys.executable, "-m", "pipeline", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def press(url: str, origin: str = "", **headers: str) -> requests.Response:
    """The button of the page of a link."""
    if origin != "none":
        headers |= {"Origin": origin or re.sub("(://[^/]+).*", r"\1", url)}
    return requests.post(url, headers=headers, timeout=20, allow_redirects=False)


def test_sign_in_prints_a_link_that_opens_once_while_the_server_runs(service: Service) -> None:
    done = pipeline(service.settings, "sign-in", "Intake-Manager", "--address", f"{service.url}/any/path")
    link = done.stdout.strip()
    assert (done.returncode, link.startswith(f"{service.url}/auditors/sign-in/intake-manager.")) == (0, True), done
    for _ in range(3):
        assert "You are Intake Manager." in requests.get(link, timeout=20).text
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: press(link), range(8)))
    assert sorted(answer.status_code for answer in answers) == [303] + [404] * 7
    first = next(answer for answer in answers if answer.status_code == 303)
    assert requests.get(f"{service.url}/auditors/", cookies=first.cookies, timeout=20).ok
    again = requests.get(link, timeout=20)
    assert (again.status_code, "It was used already" in again.text) == (404, True)
    assert [path.stat().st_size for path in (service.settings.var / "sign-in").iterdir()] == [0]


def test_sign_in_for_nobody_names_who_there_is(service: Service) -> None:
    done = pipeline(service.settings, "sign-in", "rosa")
    assert (done.returncode, done.stdout) == (2, "")
    assert "rosa is not in people.yml; use one of: " in done.stderr
    assert "director" in done.stderr


def test_a_link_is_good_for_an_hour_for_one_person_and_with_the_servers_key(tmp_path: Path) -> None:
    now = [1_800_000_000.0]
    here = Invitations(b"k" * 32, tmp_path / "used", lambda: now[0])
    token = here.token("ines")
    assert here.login(token) == "ines"
    for wrong in (
        "",
        "x",
        ".",
        "...",
        token[:-1],
        token.replace("ines", "dora"),
        f"{token}x",
        token.replace(".1", ".2"),
    ):
        assert here.login(wrong) is None
    assert replace(here, key=b"x" * 32).login(token) is None
    now[0] += VALID
    assert (here.login(token), here.use(token)) == (None, None)
    now[0] -= 1
    assert here.use(token) == "ines"
    assert replace(here).use(token) is None
    now[0] += REMEMBERED - 10
    assert here.use(here.token("dora")) == "dora"
    assert len(list((tmp_path / "used").iterdir())) == 2
    now[0] += 20
    assert here.use(here.token("dora")) == "dora"
    assert len(list((tmp_path / "used").iterdir())) == 2


def test_serve_writes_no_link_into_its_log_and_says_what_a_proxy_needs(site: Settings, tmp_path: Path) -> None:
    settings = replace(site, var=tmp_path / "var", records=tmp_path / "records", site_url=f"{PUBLIC}/path/")
    for more, says in (((), True), (("--trusted-proxy", "127.0.0.1", "--trusted-proxy", "10.0.0.0/8"), False)):
        with served(settings, *more) as server:
            pass
        log = server.log.read_text("utf-8")
        assert "auditors/sign-in" not in log
        assert f"{PUBLIC}/auditors/  python -m pipeline sign-in LOGIN" in log
        assert ("--trusted-proxy" in log) is says
        limits = (
            f"may post {Limits.each} times an hour, and ask {lost_references.EACH} times an hour for lost references"
        )
        assert (limits in log) is says


@pytest.mark.parametrize("wrong", ["*", "proxy.example.org", "10.0.0.1/8", "10.0.0.0/33", ""])
def test_a_trusted_proxy_is_an_address_or_a_network(site: Settings, wrong: str) -> None:
    done = pipeline(site, "serve", "--trusted-proxy", wrong)
    assert (done.returncode, "is no address and no network" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("host", "proto", "origin", "status"),
    [
        ("certificates.example.org", "https", PUBLIC, 404),
        ("Certificates.example.org:443", "https", PUBLIC, 404),
        ("certificates.example.org", None, PUBLIC, 404),
        ("other.example.org", "https", "https://other.example.org", 404),
        ("certificates.example.org", "https", "http://certificates.example.org", 403),
        ("certificates.example.org", None, "http://certificates.example.org", 403),
        ("certificates.example.org:443", None, PUBLIC, 404),
        ("certificates.example.org:443", None, "http://certificates.example.org:443", 403),
        ("certificates.example.org", "https", "https://certificates.example.org.evil.example", 403),
        ("certificates.example.org", "https", "https://evil.example", 403),
        ("certificates.example.org", "https", "null", 403),
        ("certificates.example.org", "https", "none", 403),
        ("other.example.org", None, "https://other.example.org", 403),
        ("127.0.0.1:8000", "https", PUBLIC, 403),
    ],
)
def test_a_post_comes_from_the_same_scheme_and_host_and_a_wrong_host_is_told(
    site: Settings, tmp_path: Path, host: str, proto: str | None, origin: str, status: int
) -> None:
    port = free_port()
    settings = replace(site, var=tmp_path, records=tmp_path / "records")
    running = wiring.local(settings, Limits(), PUBLIC)
    link = dict(running.links)["Intake Manager"]
    with serving(running.app, port, proxies=LOOPBACK) as url:
        headers = {"Host": host, **({"X-Forwarded-Proto": proto} if proto else {})}
        answer = press(url + link, origin, **headers)
        if status == 404:  # let in
            assert (answer.status_code, "Secure" in answer.headers["set-cookie"]) == (303, True)
        else:
            assert answer.status_code == 403
            assert "Sent from another address" in answer.text
            assert f"the server was asked as {proto or 'http'}://{host.lower()}" in answer.text
            assert "Host and X-Forwarded-Proto" in answer.text


@pytest.mark.parametrize("site", ["https://forms.example", "https://forms.example:443"])
def test_where_the_sites_own_name_was_asked_only_the_sites_scheme_is_from_here(site: str) -> None:
    for address in ("http://forms.example", "http://forms.example:443", "https://forms.example"):
        told = {origin: Sent(origin, address, site) for origin in ("https://forms.example", "http://forms.example")}
        assert [(sent.from_here, sent.secure) for sent in told.values()] == [(True, True), (False, True)]


@pytest.mark.parametrize(
    "path", ["/certificates", "//certificates", "/certificates?a=1&b=%2F", "/fr/certificates", "/auditors"]
)
def test_no_answer_repeats_a_foreign_host(service: Service, path: str) -> None:
    connection = http.client.HTTPConnection(service.url.removeprefix("http://"), timeout=20)
    connection.putrequest("GET", path, skip_host=True)
    connection.putheader("Host", "evil.example")
    connection.endheaders()
    answer = connection.getresponse()
    location = answer.getheader("location", "")
    connection.close()
    assert answer.status in (307, 308)
    assert location == f"/{path.strip('/').replace('?', '/?')}{'' if '?' in path else '/'}"
    assert "evil.example" not in str(answer.headers) + answer.read().decode()


def test_callers_are_told_apart_by_what_a_trusted_proxy_says_and_by_nothing_else(
    site: Settings, tmp_path: Path
) -> None:
    def statuses(forwarded: list[str], proxies: tuple[str, ...]) -> list[int]:
        port = free_port()
        settings = replace(site, var=tmp_path, records=tmp_path / "records")
        running = wiring.local(settings, Limits(each=1), f"http://127.0.0.1:{port}")
        with serving(running.app, port, proxies=[ip_network(proxy) for proxy in proxies]) as url:
            return [
                requests.post(f"{url}/submissions", json={}, headers={"X-Forwarded-For": told}, timeout=20).status_code
                for told in forwarded
            ]

    two = ["198.51.100.1", "198.51.100.2"]
    assert statuses(two, ("127.0.0.1",)) == [422, 422]
    assert statuses(two, ()) == [422, 429]
    assert statuses([f"{caller}, 10.0.0.9" for caller in two], ("127.0.0.1", "10.0.0.0/8")) == [422, 422]
    assert statuses([f"{caller}, 198.51.100.3" for caller in two], ("127.0.0.1", "10.0.0.0/8")) == [422, 429]
    assert statuses(["::ffff:198.51.100.1", "198.51.100.1"], ("127.0.0.1",)) == [422, 429]
