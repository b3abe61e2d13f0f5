"""Callers who begin and do not go on: nobody else waits for them, and the server's log and memory stay as they are."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
import resource
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import cast
from urllib.parse import urlencode, urlsplit

import pytest
import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pipeline.errors import UnreadableInput
from pipeline.forms import json_schema
from pipeline.settings import ROOT, Settings
from pipeline.web.board.board import FORM_BYTES
from pipeline.web.connections import Connection
from pipeline.web.rate_limit import caller
from pipeline.web.request_body import LARGE, Bodies
from pipeline.web.server import FORM as FORM_TYPE
from pipeline.web.server_log import AN_HOUR, Bounded, bound
from tests.conftest import Service
from tests.support import CONCEPTS, PRACTICE, filled, form, free_port, served, serving

FORM = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3000\r\n\r\na="
BEGINNINGS = {
    "silent": b"",
    "half a line": b"GET /certificates/ HT",
    "half the headers": b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\nX-One: 1\r\n",
    "half a submission": b"POST /submissions HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\n" + FORM,
    "half an address": b"POST /status/ HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\n"
    + FORM.replace(b"3000", b"90"),
    "half a command": b"POST /auditors/cases/IMC-0000-0000-0 HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\n"
    + FORM,
    "half a sign-in": b"POST /auditors/sign-in/x HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\n" + FORM,
    "idle": b"GET /health HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n",
    "never reads": b"GET /certificates/practice-mentor/portfolio/ HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n"
    * 20,
    "half a chunk": b"POST /submissions HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
    "no chunk": b"POST /submissions HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "no HTTP": b"\x00\x01\x02\r\n\r\n",
}
UNFINISHED = 1100
SOURCES = {
    "through a proxy": ["127.0.0.1"],
    "of one caller": ["127.0.0.2"],
    "of many callers": [f"127.0.1.{number}" for number in range(1, 200)],
}
GOOD = {"X-Forwarded-For": "198.51.100.7"}


def begin(url: str, source: str, words: bytes) -> socket.socket | None:
    """A connection that has said so much; None where it was closed at once."""
    place = urlsplit(url)
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with suppress(OSError):
        line.bind((source, 0))
        line.settimeout(5)
        line.connect((place.hostname, place.port))
        line.sendall(words)
        return line
    line.close()
    return None


@contextmanager
def besieged(url: str, sources: list[str]) -> Iterator[Counter[str]]:
    """1,100 unfinished requests of every kind, each begun again once it is closed. What was begun is counted."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    lines: dict[int, socket.socket] = {}
    begun: Counter[str] = Counter()
    over = threading.Event()

    def attack(part: int) -> None:
        while not over.is_set():
            for number in range(part, UNFINISHED, 4):
                if over.is_set():
                    return
                line = lines.get(number)
                if line is not None and not ended(line):
                    continue
                if line is not None:
                    line.close()
                name = list(BEGINNINGS)[number % len(BEGINNINGS)]
                made = begin(url, sources[number % len(sources)], BEGINNINGS[name])
                if made:
                    lines[number] = made
                    begun[name] += 1
            over.wait(1)

    threads = [threading.Thread(target=attack, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield begun
    finally:
        over.set()
        for thread in threads:
            thread.join()
        for line in lines.values():
            line.close()


def ended(line: socket.socket) -> bool:
    """The server has closed it."""
    line.setblocking(False)
    try:
        return not line.recv(1, socket.MSG_PEEK) if line else True
    except BlockingIOError:
        return False
    except OSError:
        return True


@pytest.fixture
def own(site: Settings, tmp_path: Path) -> Settings:
    return replace(site, var=tmp_path / "var", records=tmp_path / "var/records")


def told_to_go(line: socket.socket, seconds: float = 5) -> bytes:
    """What came until the server closed it; fails if it does not."""
    line.settimeout(seconds)
    said = b""
    with suppress(ConnectionError):
        while piece := line.recv(65536):
            said += piece
    return said


class Quick(Connection):
    headers_seconds, sending_seconds = 0.5, 0.8


async def read(request: Request) -> Response:
    try:
        async with BODIES.read(request, 400_000, "too much") as body:
            return PlainTextResponse(str(len(body)))
    except UnreadableInput as error:
        return PlainTextResponse(str(error), error.status)


async def large(_request: Request) -> Response:
    return PlainTextResponse("x" * 20_000_000)


BODIES = Bodies(silence=0.5, grace=1.0, pace=100_000, longest=3.0, room=600_000)
SMALL = Starlette(routes=[Route("/read", read, methods=["POST"]), Route("/large", large)])


@pytest.fixture
def quick() -> Iterator[str]:
    with serving(SMALL, free_port(), Quick) as url:
        yield url


@pytest.mark.parametrize(
    "words", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n", b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n", b"GET"]
)
def test_who_is_silent_stops_within_the_headers_or_does_not_read_is_told_to_go(quick: str, words: bytes) -> None:
    line = begin(quick, "127.0.0.1", words)
    assert line
    begun = time.monotonic()
    time.sleep(2 if b"large" in words else 0)
    assert len(told_to_go(line)) < 20_000_000
    assert time.monotonic() - begun < 4


def test_headers_that_trickle_have_one_time_limit_for_all_of_them_also_in_a_second_request(quick: str) -> None:
    for first in (b"", b"GET /none HTTP/1.1\r\nHost: x\r\n\r\n"):
        line = begin(quick, "127.0.0.1", first)
        assert line
        time.sleep(0.2)
        line.settimeout(0.1)
        begun = time.monotonic()
        with pytest.raises(OSError), suppress(TimeoutError):  # noqa: PT012
            while time.monotonic() - begun < 4:
                line.sendall(b"X")
                time.sleep(0.1)
            raise AssertionError("it goes on for ever")


def test_a_body_that_stops_or_trickles_is_408_and_a_slow_line_is_read_to_its_end(quick: str) -> None:
    post = b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n"
    for piece, pause, status in ((b"", 1.0, b"408"), (b"x", 0.1, b"408"), (b"x" * 20_000, 0.1, b"200")):
        line = begin(quick, "127.0.0.1", post)
        assert line
        with suppress(OSError):
            for _ in range(10 if status == b"200" else 30):
                line.sendall(piece)
                time.sleep(pause if piece else 0.05)
        said = told_to_go(line, 8)
        assert said.split()[1] == status, said


def test_when_bodies_take_too_much_memory_the_largest_unfinished_one_gives_way(quick: str) -> None:
    post = b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
    large, small = (begin(quick, "127.0.0.1", post % size) for size in (390_000, 300_000))
    assert large
    assert small
    large.sendall(b"x" * 380_000)
    time.sleep(0.2)
    small.sendall(b"x" * 300_000)
    assert told_to_go(small).split()[1] == b"200"
    said = told_to_go(large)
    assert (said.split()[1], b"by many at once" in said) == (b"503", True)


class _Trickle:
    """A request whose chunks are put into a queue; None ends it."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.chunks: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def stream(self) -> AsyncIterator[bytes]:
        while (chunk := await self.chunks.get()) is not None:
            yield chunk


def test_while_one_gives_way_no_other_body_breaks_at_it() -> None:
    """Others go on sending between the moment in which an alarm goes off and that in which its body ends."""
    bodies = Bodies(room=100_000)

    async def one(request: _Trickle) -> int:
        try:
            async with bodies.read(cast("Request", request), 10**9, "too much"):
                return 200
        except UnreadableInput as error:
            return error.status

    async def all_of_them() -> list[int | BaseException]:
        requests = [_Trickle() for _number in range(30)]
        tasks = [asyncio.ensure_future(one(request)) for request in requests]
        for step in range(600):
            for number in range(10):
                requests[(7 * step + 3 * number) % 30].chunks.put_nowait(b"x" * 1000)
            await asyncio.sleep(0 if step % 3 else 0.0005)
        for request in requests:
            request.chunks.put_nowait(None)
        return await asyncio.gather(*tasks, return_exceptions=True)

    told = Counter(map(repr, asyncio.run(all_of_them())))
    assert set(told) <= {"200", "503"}, told


def test_two_large_bodies_are_worked_on_at_a_time_a_small_one_never_waits_and_one_that_waits_can_give_way() -> None:
    bodies, going_on = Bodies(room=5 * LARGE), asyncio.Event()
    begun: list[str] = []

    async def one(name: str, size: int) -> int:
        request = _Trickle()
        for chunk in (b"x" * size, None):
            request.chunks.put_nowait(chunk)
        try:
            async with bodies.read(cast("Request", request), 10**9, "too much"):
                begun.append(name)
                await going_on.wait()
                return 200
        except UnreadableInput as error:
            return error.status

    async def all_of_them() -> list[int]:
        sizes = {"a": LARGE + 1, "b": LARGE + 2, "c": LARGE + 3, "d": LARGE + 4, "small": LARGE}
        tasks = [asyncio.ensure_future(one(name, size)) for name, size in sizes.items()]
        await asyncio.sleep(0.1)
        assert begun == ["a", "b", "small"]
        going_on.set()
        told = await asyncio.gather(*tasks)
        assert await one("later", LARGE + 1) == 200
        return told

    assert asyncio.run(all_of_them()) == [200, 200, 200, 503, 200]
    assert begun == ["a", "b", "small", "c", "later"]


def test_bodies_of_ten_megabytes_at_once_take_little_memory_and_nobody_else_waits(own: Settings) -> None:
    """Forms of escapes, a long list of empty groups, and a text of quotation marks that the page shows again."""
    value, shown = (
        filled(json_schema.PORTFOLIO, PRACTICE),
        {**form(filled(json_schema.PORTFOLIO, PRACTICE)), "applicant.email": "x"},
    )
    bodies = [
        (FORM_TYPE, f"kind=portfolio&profile={PRACTICE}&a=".encode() + b"%41" * 3_200_000),
        ("application/json", json.dumps({**value, "log": [{}] * 2_400_000}).encode()),
        (FORM_TYPE, urlencode(shown).encode() + b"'" * 9_000_000),
    ]
    latencies, answers = [], []
    with served(own) as server, ThreadPoolExecutor(9) as pool:
        at_rest = server.memory()

        def post(number: int) -> int:
            kind, body = bodies[number % 3]
            headers = {"Content-Type": kind, "Accept": "text/html"}
            return requests.post(f"{server.url}/submissions", body, headers=headers, timeout=120).status_code

        begun = time.monotonic()
        posts = [pool.submit(post, number) for number in range(9)]
        while not all(one.done() for one in posts):
            latencies.append(requests.get(f"{server.url}/health", timeout=60).elapsed.total_seconds())
            time.sleep(0.05)
        took, answers = time.monotonic() - begun, [one.result() for one in posts]
        most = server.peak()
    print(f"{took:.1f} s, +{(most - at_rest) / 1e6:.0f} MB, /health {max(latencies):.2f} s, {answers}")
    assert set(answers) <= {422, 400, 503}
    assert most - at_rest < 500_000_000
    assert max(latencies) < 4
    assert took < 60


def test_only_one_module_reads_bodies() -> None:
    reads = re.compile(r"\.(body|form|json|stream)\(\)")
    for path in (ROOT / "pipeline").rglob("*.py"):
        found = [line for line in path.read_text("utf-8").splitlines() if reads.search(line) and "request" in line]
        assert bool(found) == (path.name == "request_body.py"), path


def test_when_places_run_out_the_oldest_without_a_complete_request_gives_way_and_a_good_caller_is_served() -> None:
    class Few(Connection):
        places = 8

    with serving(SMALL, free_port(), Few, ()) as url:
        held = []
        for number in range(12):
            held.append(begin(url, f"127.0.0.{2 + number}", b""))
            time.sleep(0.05)
        assert requests.post(f"{url}/read", data=b"abc", timeout=5).text == "3"
        assert [line is None or ended(line) for line in held] == [True] * 5 + [False] * 7


def test_one_caller_has_a_share_of_the_places_and_a_proxy_has_none() -> None:
    class Few(Connection):
        places = 16

    for proxies, kept in (((), 4), ((ip_network("127.0.0.2"),), 10)):
        with serving(SMALL, free_port(), Few, proxies) as url:
            held = [begin(url, "127.0.0.2", b"") for _ in range(10)]
            other = begin(url, "127.0.0.3", b"")
            time.sleep(0.3)
            assert sum(line is not None and not ended(line) for line in held) == kept
            assert other
            assert not ended(other)


@pytest.mark.parametrize(
    ("host", "who"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_a_caller_is_an_ipv4_address_or_a_network_of_ipv6(host: str, who: str) -> None:
    assert caller(host) == who


@pytest.mark.parametrize("name", BEGINNINGS)
def test_a_connection_that_breaks_off_anywhere_writes_nothing_into_the_log(
    service: Service, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    for pause in (0.0, 0.05, 0.3):
        line = begin(service.url, "127.0.0.1", BEGINNINGS[name])
        assert line
        time.sleep(pause)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.close()
    assert requests.get(f"{service.url}/health", timeout=10).ok
    assert caplog.records == []


def test_the_log_of_one_part_is_bounded_says_what_it_left_out_and_shows_no_words_of_an_unforeseen_error() -> None:
    typed, now = "@".join(["rosa", "example.org"]), [0.0]
    nothing: dict[str, str] = {}
    stream = io.StringIO()
    root = logging.Logger("root")
    handler = logging.StreamHandler(stream)
    root.addHandler(handler)
    bound(root)
    handler.filters = [Bounded(lambda: now[0])]
    log = logging.Logger("uvicorn.error")
    log.addHandler(handler)
    for number in range(1000):
        try:
            nothing[typed]
        except KeyError:
            log.exception("Exception in ASGI application %d", number)
    text = stream.getvalue()
    assert text.count("Exception in") == AN_HOUR
    assert "KeyError" in text
    assert "in test_the_log" in text
    assert "rosa" not in text
    now[0] = 3600.0
    log.error("Again")
    assert stream.getvalue().endswith("Again (800 lines like this were left out before it)\n")


@pytest.mark.long
@pytest.mark.parametrize("sources", SOURCES.values(), ids=SOURCES)
def test_beside_1100_unfinished_requests_a_portfolio_a_status_page_and_the_site_are_served_in_seconds(
    own: Settings, sources: list[str]
) -> None:
    slowest, most = 0.0, 0
    with served(own, descriptors=1024) as server:
        value = filled(json_schema.SELF_ASSESSMENT, CONCEPTS)
        first = requests.post(f"{server.url}/submissions", json=value, headers=GOOD, timeout=10)
        at_rest = server.memory()
        with besieged(server.url, sources) as begun:
            end = time.monotonic() + 45
            turn = 0
            while time.monotonic() < end and turn < 50:  # 60 posts an hour are one caller's
                turn += 1
                value = filled(json_schema.PORTFOLIO, CONCEPTS, id=f"{turn:032x}")
                for path, send in ((first.json()["status"], None), ("/submissions", value), ("/certificates/", None)):
                    started = time.monotonic()
                    answer = requests.request(
                        "POST" if send else "GET", server.url + path, json=send, headers=GOOD, timeout=30
                    )
                    slowest = max(slowest, time.monotonic() - started)
                    assert answer.status_code == (201 if send else 200), answer.text
                most = max(most, len(list(Path(f"/proc/{server.pid}/fd").iterdir())))
                time.sleep(0.5)
        size, grown = server.log.stat().st_size, server.memory() - at_rest
        text = server.log.read_text("utf-8")
    print(
        f"{sum(begun.values())} begun, {turn} turns, slowest {slowest:.1f} s, {most} descriptors, log {size} bytes, "
        f"memory {grown / 1e6:.0f} MB"
    )
    assert sum(begun.values()) > UNFINISHED + 100
    assert slowest < 8
    assert size < 5_000
    assert "Traceback" not in text
    assert "Exception" not in text
    assert grown < 150_000_000


@pytest.mark.long
def test_100_callers_with_a_large_body_to_the_board_and_no_session_take_no_memory(own: Settings) -> None:
    with served(own) as server:
        requests.post(f"{server.url}/auditors/cases/IMC-0000-0000-0", data={"comment": "/assign"}, timeout=10)
        at_rest = server.memory()
        most = 0
        lines = [begin(server.url, "127.0.0.1", head(FORM_BYTES - 100_000)) for _ in range(100)]
        piece = b"x" * 100_000
        for _ in range(24):
            for line in lines:
                with suppress(OSError):
                    if line:
                        line.sendall(piece)
            most = max(most, server.memory())
        for line in lines:
            if line:
                line.close()
        size = server.log.stat().st_size
    print(f"memory {(most - at_rest) / 1e6:.0f} MB, log {size} bytes")
    assert most - at_rest < 40_000_000
    assert size < 5_000


def head(length: int) -> bytes:
    kind = "Content-Type: application/x-www-form-urlencoded"
    start = "POST /auditors/cases/IMC-0000-0000-0 HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\n"
    return f"{start}{kind}\r\nContent-Length: {length}\r\n\r\n".encode()
