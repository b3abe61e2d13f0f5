"""Receipts by e-mail: nobody's words in them, one an hour, sent again until they are there, and never a submission lost for one."""

from __future__ import annotations

import logging
import shutil
import ssl
import subprocess
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult
from hypothesis import example, given
from hypothesis import settings as hypotheses
from hypothesis import strategies as st

from pipeline.email_address import Address
from pipeline.errors import CannotGoOn
from pipeline.forms import json_schema
from pipeline.mail.orders import Order
from pipeline.mail.room import mail_room
from pipeline.mail.smtp import Smtp
from pipeline.receiving.receive import Receipt, accept
from pipeline.settings import Settings
from pipeline.site.render import Renderer
from pipeline.submissions.inbox import Delivery
from tests import steps
from tests.support import CONCEPTS, DATA, PRACTICE, filled
from tests.support_mail import HERE, Clock, House, Mailed, Office, part

ROSA = "rosa@example.org"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(tmp_path: Path, clock: Clock) -> House:
    return House(tmp_path, clock)


def posted(tmp_path: Path, office: Office) -> House:
    return House(tmp_path, office.clock, office.url)


def message(number: int) -> str:
    return f"Message {number}"


def send_message(house: House, number: int, email: str = ROSA) -> Receipt:
    return house.send(email, json_schema.CONTACT, "question", message=message(number))


# What is in a letter


@pytest.mark.parametrize("form", ["plain", "html"])
def test_a_receipt_has_reference_status_link_what_happens_next_and_by_when(house: House, form: str) -> None:
    receipt = house.send(interview={"first": "2027-04-01T09:30"})
    assert house.round() == ""
    (letter,) = house.outbox()
    assert letter["To"] == ROSA
    assert letter["Subject"] == f"Your reference: {receipt.reference}"
    assert letter["Auto-Submitted"] == "auto-generated"
    text = part(letter, form)
    status = f"{HERE}status/{receipt.reference}/{receipt.secret}"
    for words in (receipt.reference, status, f"{status}/portfolio", "meets you for 15 minutes", "writes to you to fix"):
        assert words in text
    assert "When you hear from us is not published here." in text
    assert f"{HERE}contact/question/" in text
    assert f"{status}/interview.ics" in text
    assert "src=" not in text
    assert "<link" not in text


def test_where_the_body_says_by_when_and_has_a_booking_page_the_letter_says_so(house: House) -> None:
    renderer = house.room.postman.writer.renderer
    body = replace(DATA.organization, answer_within="ten working days", booking_url="https://booking.example/imc")
    writer = replace(house.room.postman.writer, renderer=replace(renderer, data=replace(DATA, organization=body)))
    house.room.postman = replace(house.room.postman, writer=writer)
    house.send(interview={"first": "2027-04-01T09:30"})
    house.round()
    text = part(house.outbox()[0], "plain")
    assert "You hear from us within ten working days." in text
    assert "Book the interview: https://booking.example/imc" in text
    assert "interview.ics" not in text
    assert "not published" not in text


HOUSES: dict[str, House] = {}
HOSTILE = "Buy http://evil.example now\r\nBcc: crowd@example.com\r\n\r\n<a href=//evil.example>\u202egratis"


@hypotheses(max_examples=25, deadline=None)
@given(st.text(min_size=4), st.text(st.characters(codec="ascii"), min_size=4))
@example(HOSTILE, HOSTILE)
def test_the_bytes_of_a_letter_do_not_depend_on_a_word_of_the_applicants(
    tmp_path_factory: pytest.TempPathFactory, one: str, other: str
) -> None:
    house = HOUSES.setdefault("one", House(tmp_path_factory.mktemp("mail"), Clock()))
    to = Address("rosa", "example.org")

    def letter(typed: str, language: str) -> bytes:
        applicant = {"name": typed, "email": ROSA, "country": typed, "time_zone": typed}
        interview = {"times": typed, "help": typed, "first": "2027-04-01T09:30"}
        value = filled(json_schema.SELF_ASSESSMENT, CONCEPTS, applicant=applicant, interview=interview)
        value |= {"language": language, "education": {"providers": [typed]}, "message": typed}
        order = Order.of(Delivery("1.json", "IMC-0000-0000-0", False, "2027-03-14T09:00:00Z", value))
        assert order.item
        written = house.room.postman.writer.letter(to, [order], [order.item], Clock().now)
        written.message.set_boundary("boundary")
        return written.to_bytes()

    assert letter(one, one) == letter(other, other) == letter("", "en")


UNWRITABLE = "no letter can be sent to the address as it was typed; look at it in the case"
NO_ADDRESSES = [
    "rosa@example.org\r\nBcc: crowd@example.com",
    "rosa@example.org,crowd@example.com",
    '"Buy now http://evil.example"@example.org',
    "rosa(buy)@example.org",
    "rosa@[127.0.0.1]",
    "rosa@localhost",
    "rosa@127.0.0.1",
    "rosa@-bad-.example",
    "rosa@exa mple.org",
    "zoë@example.org",
    "rosa@home.invalid",
    "rosa\x00@example.org",
    "ro..sa@example.org",
    "@example.org",
    "r" * 65 + "@example.org",
    "rosa@" + "x" * 64 + ".org",
]


@pytest.mark.parametrize("typed", NO_ADDRESSES)
def test_what_can_carry_more_than_an_address_gets_no_letter_and_is_told_without_it(house: House, typed: str) -> None:
    assert Address.parse(typed) is None
    value = filled(json_schema.SELF_ASSESSMENT, CONCEPTS, applicant={"name": "Rosa", "email": typed})
    house.room.confirm(Delivery(f"{'1' * 64}-{'1' * 16}.json", "IMC-1", False, "2027-03-14T09:00:00Z", value))
    assert house.round() == ""
    assert (house.outbox(), house.waiting) == ([], 0)
    health = house.room.health("")
    assert "no letter can be sent to the address" in health
    assert [entry.why for entry in house.room.orders.given_up()] == [UNWRITABLE]
    assert "mail server" not in UNWRITABLE
    assert "rosa" not in health + str(house.room.orders.given_up())


def test_ways_to_write_one_address_are_one(house: House) -> None:
    one, other = Address.parse("Rosa@EXAMPLE.org"), Address.parse(" rosa@example.ORG ")
    assert one
    assert other
    assert one.same == other.same
    wide = Address.parse("rosa@Bücher.example")
    assert wide
    assert str(wide) == "rosa@xn--bcher-kva.example"


def test_the_subject_of_a_receipt_does_not_say_that_it_is_a_complaint(house: House) -> None:
    house.send(ROSA, json_schema.CONTACT, "complaint")
    house.round()
    assert house.outbox() == []
    (letter,) = house.outbox(apart=True)
    assert "omplain" not in str(letter["Subject"]) + part(letter, "plain") + part(letter, "html")
    assert "The Director of Certification reads it" in part(letter, "plain")


# One an hour


def test_one_address_gets_one_letter_an_hour_and_what_comes_in_between_is_gathered(house: House, clock: Clock) -> None:
    first = send_message(house, 0)
    house.round()
    later = [send_message(house, number, email) for number, email in enumerate((ROSA, "ROSA@Example.org"), 1)]
    for _ in range(59):
        clock.later(minutes=1)
        house.again().round()
    assert [letter["Subject"] for letter in house.outbox()] == [f"Your reference: {first.reference}"]
    clock.later(minutes=1)
    house.round()
    text = part(house.outbox()[0], "plain")
    assert all(f"status/{receipt.reference}/{receipt.secret}" in text for receipt in later)
    assert first.reference not in text
    assert (len(house.outbox()), house.waiting) == (2, 0)


def test_a_letter_lists_twenty_references_at_most_and_says_how_many_more_there_are(house: House, clock: Clock) -> None:
    for number in range(27):
        send_message(house, number)
    house.round()
    clock.later(hours=3)
    house.round()
    (letter,) = house.outbox()
    assert part(letter, "plain").count("/status/") == 20
    assert "And more that are not listed here: 7." in part(letter, "plain")
    assert house.waiting == 0


def test_tags_and_dots_make_no_second_mailbox_and_show_nobody_anothers_references(house: House, clock: Clock) -> None:
    addresses = ["rosa@example.org", "rosa+a@example.org", "r.o.s.a+b@example.org"]
    receipts = [send_message(house, number, email) for number, email in enumerate(addresses)]
    for _ in range(5):
        house.round()
        clock.later(minutes=20)
    assert len(house.outbox()) == 2
    clock.later(hours=1)
    house.round()
    letters = house.outbox()[::-1]
    assert sorted(str(letter["To"]) for letter in letters) == sorted(addresses)
    for letter in letters:
        assert sum(receipt.reference in part(letter, "plain") for receipt in receipts) == 1


def test_sent_again_it_is_confirmed_once(house: House, clock: Clock) -> None:
    for _ in range(5):
        house.send()
        house.round()
        clock.later(hours=2)
    assert len(house.outbox()) == 1


def test_the_ledger_holds_no_address_and_forgets_after_an_hour(house: House, clock: Clock) -> None:
    house.send()
    house.round()
    ledger = list((house.room.orders.root / "ledger").iterdir())
    assert len(ledger) == 1
    assert "rosa" not in str(ledger) + ledger[0].read_text()
    clock.later(minutes=61)
    house.round()
    assert list((house.room.orders.root / "ledger").iterdir()) == []
    assert not any("rosa" in path.read_text() for path in house.room.orders.root.rglob("*") if path.is_file())


def test_a_clock_that_was_far_ahead_keeps_nobody_waiting(house: House, clock: Clock) -> None:
    clock.later(days=400)
    send_message(house, 0)
    house.round()
    clock.later(days=-400)
    send_message(house, 1)
    house.round()
    assert len(house.outbox()) == 2


# A mail server


def test_a_letter_reaches_a_real_server_with_the_bodys_own_address_as_sender(tmp_path: Path, clock: Clock) -> None:
    with Office(clock).open() as office:
        house = posted(tmp_path, office)
        receipt = house.send()
        assert house.round() == ""
        (mailed,) = office.taken
    assert mailed.to == ROSA
    assert str(mailed.message["From"]) == "International Mentoring Community <office@example.org>"
    assert receipt.secret in mailed.text
    assert mailed.data.isascii()
    assert (house.outbox(), house.waiting, house.room.health("")) == ([], 0, "well")


def test_an_address_that_is_refused_is_given_up_recorded_and_told_and_the_next_one_gets_its_letter(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), Office(clock, {ROSA: f"550 no such user {ROSA}"}).open() as office:
        house = posted(tmp_path, office)
        refused = send_message(house, 0)
        send_message(house, 1, "other@example.org")
        assert house.round() == ""
        clock.later(hours=30)
        assert house.round() == ""
    assert [mailed.to for mailed in office.taken] == ["other@example.org"]
    assert house.waiting == 0
    (given_up,) = house.room.orders.given_up()
    assert given_up.item.reference == refused.reference
    health = house.again().room.health("")
    ours = " ".join(record.getMessage() for record in caplog.records if record.name != "mail.log")
    told = "given up in the last 30 days, as no letter can be sent to the address or the mail server refused it: 1"
    assert health == told
    assert "rosa" not in health + ours + str(given_up)
    clock.later(days=31)
    house.round()
    assert house.room.health("") == "well"


def test_an_address_that_is_put_off_is_tried_again_in_growing_pauses_and_after_days_no_more(
    tmp_path: Path, clock: Clock
) -> None:
    with Office(clock, {ROSA: "451 come back later"}).open() as office:
        house = posted(tmp_path, office)
        house.send()
        tried = []
        for _quarter in range(7 * 24 * 4):
            before, house = house.entry(ROSA), house.again()
            assert house.round() == ""
            tried += [clock.now] if house.entry(ROSA) not in (before, None) else []
            clock.later(minutes=15)
        assert (office.taken, house.waiting, len(tried)) == ([], 0, 9)
        gaps = [second - first for first, second in pairwise(tried)]
        assert gaps == sorted(gaps)
        assert timedelta(days=4) < tried[-1] - tried[0]
        assert len(house.room.orders.given_up()) == 1


def test_an_address_that_is_put_off_once_gets_its_letter_soon(tmp_path: Path, clock: Clock) -> None:
    with Office(clock, {ROSA: "450 greylisted"}).open() as office:
        house = posted(tmp_path, office)
        house.send()
        house.round()
        office.answers.clear()
        clock.later(minutes=5)
        house.round()
        assert len(office.taken) == 1


def test_with_the_server_away_it_says_so_tries_less_and_less_often_and_catches_up(tmp_path: Path, clock: Clock) -> None:
    office = Office(clock)
    house = posted(tmp_path, office)
    house.send()
    assert house.round() == "the mail server does not answer as it should"
    untils = []
    for _ in range(60):
        clock.later(minutes=1)
        house = house.again()
        assert house.round() == "the mail server does not answer as it should"
        entry = house.room.postman.ledger.entry("server")
        assert entry
        untils.append(entry.until)
    assert 5 < len(set(untils)) < 12
    assert house.room.health(house.round()) == "the mail server does not answer as it should"
    with office.open():
        clock.later(minutes=15)
        assert house.round() == ""
    assert len(office.taken) == 1
    assert house.room.health("") == "well"


def test_a_line_that_breaks_in_the_middle_of_a_letter_costs_an_hour_and_never_dozens_of_letters(
    tmp_path: Path, clock: Clock
) -> None:
    with Office(clock, drops={ROSA: 1}).open() as office:
        house = posted(tmp_path, office)
        house.send()
        send_message(house, 1, "other@example.org")
        assert house.round() == "the line to the mail server broke in the middle of a letter"
        for _ in range(65):
            clock.later(minutes=1)
            house = house.again()
            house.round()
        assert sorted(mailed.to for mailed in office.taken) == ["other@example.org", ROSA]
        assert office.taken[1].at >= Clock().now + timedelta(hours=1)
        assert office.offered == 3


def test_a_server_that_always_breaks_off_is_offered_a_letter_nine_times_at_most(tmp_path: Path, clock: Clock) -> None:
    with Office(clock, drops={ROSA: 1000}).open() as office:
        house = posted(tmp_path, office)
        house.send()
        for _ in range(8 * 24):
            house.round()
            clock.later(hours=1)
        assert (office.offered, house.waiting) == (9, 0)


def test_a_server_that_refuses_our_own_address_gives_up_nobody(tmp_path: Path, clock: Clock) -> None:
    class Strict(Office):
        async def handle_MAIL(
            self, server: object, session: object, envelope: object, address: str, more: object
        ) -> str:
            return "553 not yours"

    with Strict(clock).open() as office:
        house = posted(tmp_path, office)
        house.send()
        assert "check MAIL_FROM" in house.round()
        assert (house.waiting, house.room.orders.given_up()) == (1, [])


def test_user_and_password_are_given_and_wrong_ones_told_without_them(tmp_path: Path, clock: Clock) -> None:
    def known(_server: object, _session: object, _envelope: object, _mechanism: str, data: object) -> AuthResult:
        given = (getattr(data, "login", b""), getattr(data, "password", b""))
        return AuthResult(success=given == (b"post@x", b"s3cr:t/"), handled=False)

    with Office(clock).open(authenticator=known, auth_required=True, auth_require_tls=False) as office:
        right = House(tmp_path / "a", clock, f"smtp://post%40x:s3cr%3At%2F@127.0.0.1:{office.port}")
        right.send()
        assert right.round() == ""
        wrong = House(tmp_path / "b", clock, f"smtp://post:hunter2@127.0.0.1:{office.port}")
        wrong.send()
        trouble = wrong.round()
        assert trouble == "the mail server does not know our user or password; check SMTP_URL"
        assert "hunter2" not in repr(wrong.settings) + repr(wrong.room)
        none = House(tmp_path / "c", clock, office.url)
        none.send()
        assert none.round() != ""
    assert (len(office.taken), wrong.waiting, none.waiting) == (1, 1, 1)


def elsewhere(house: House, context: ssl.SSLContext | None = None) -> House:
    """The same server as if it were on another machine."""
    smtp = house.room.postman.carrier
    assert isinstance(smtp, Smtp)
    away = replace(smtp, here=False, context=lambda: context or ssl.create_default_context())
    house.room.postman = replace(house.room.postman, carrier=away)
    return house


def test_another_machine_without_encryption_is_given_nothing(tmp_path: Path, clock: Clock) -> None:
    with Office(clock).open() as office:
        house = elsewhere(posted(tmp_path, office))
        house.send()
        assert "offers no encryption" in house.round()
    assert (office.taken, house.waiting) == ([], 1)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_to_another_machine_it_goes_encrypted_and_only_to_one_that_proves_who_it_is(
    tmp_path: Path, clock: Clock, scheme: str
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    asked = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    name = ["-addext", "subjectAltName=IP:127.0.0.1"]
    made = ["openssl", "req", *asked, *name, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate, key)
    more = {"ssl_context": server} if scheme == "smtps" else {"tls_context": server, "require_starttls": True}
    with Office(clock).open(**more) as office:
        url = f"{scheme}://127.0.0.1:{office.port}"
        stranger = elsewhere(House(tmp_path / "a", clock, url))
        stranger.send()
        assert "cannot prove who it is" in stranger.round()
        known = elsewhere(House(tmp_path / "b", clock, url), ssl.create_default_context(cafile=str(certificate)))
        known.send()
        assert known.round() == ""
    assert (len(office.taken), stranger.waiting) == (1, 1)


# Settings


@pytest.mark.parametrize(
    "url", ["hunter2", "http://a:hunter2@host", "smtp://", "smtp://u:hunter2@host:port", "smtp://h/hunter2"]
)
def test_a_wrong_setting_is_told_without_what_is_in_it(url: str) -> None:
    with pytest.raises(CannotGoOn, match="SMTP_URL") as told:
        Smtp.from_url(url)
    assert "hunter2" not in str(told.value)


def test_without_a_server_or_a_sender_letters_stay_in_the_outbox_and_the_health_says_why(house: House) -> None:
    def room(smtp_url: str = "", mail_from: str = "") -> str:
        settings = Settings(var=house.settings.var, site_url=HERE, smtp_url=smtp_url, mail_from=mail_from)
        submitted, receipts = house.room.postman.submitted, house.desk.receipts
        return mail_room(settings, Renderer.from_settings(settings), receipts, submitted).unsent

    assert room() == "letters are kept in outbox-mail/, not sent: SMTP_URL is not set"
    assert room(smtp_url="smtp://localhost") == "letters are kept in outbox-mail/, not sent: MAIL_FROM is not set"
    assert room(smtp_url="smtp://localhost", mail_from="office@example.org") == ""
    with pytest.raises(CannotGoOn, match="MAIL_FROM"):
        room(mail_from="office@example.org\nBcc: x@example.org")


# Killed


@pytest.mark.parametrize("part", range(2))
def test_killed_anywhere_whatever_was_acknowledged_gets_its_letter_and_nobody_two_in_an_hour(
    memory: Path, part: int
) -> None:
    clock = Clock()
    with Office(clock).open() as office:

        def work(root: Path) -> None:
            house = House(root, clock, office.url)
            house.send()
            (root / "acknowledged").touch()
            assert house.round() == ""

        code, moments, said = steps.run(partial(work, memory / "whole"))
        assert (code, moments > 40, len(office.taken)) == (0, True, 1), said
        for moment in range(1 + part, moments + 1, 2):
            root = memory / str(moment)
            office.taken.clear()
            assert steps.run(partial(work, root), moment)[0] == steps.KILLED
            house = House(root, clock, office.url)
            if not (root / "acknowledged").exists():
                house.send()
            for _ in range(3):
                assert house.round() == ""
                clock.later(minutes=31)
            assert house.waiting == 0
            check(office.taken)
            shutil.rmtree(root)


def check(taken: list[Mailed]) -> None:
    assert len(taken) in (1, 2)
    gaps = [second.at - first.at for first, second in pairwise(taken)]
    assert all(gap >= timedelta(hours=1) for gap in gaps)
    assert len({mailed.message["Message-ID"] for mailed in taken}) == 1


def test_a_disk_that_cannot_be_written_costs_the_receipt_and_never_the_submission(house: House) -> None:
    house.room.orders.root.mkdir(parents=True)
    (house.room.orders.root / "waiting").write_text("no folder")
    receipt = accept(house.desk, filled(json_schema.SELF_ASSESSMENT, PRACTICE))
    assert isinstance(receipt, Receipt)
    assert len(house.desk.inbox.names()) == 1
    assert "receipts that could not be written down: 1; check the disk" in house.room.health("")
