"""The calendar file of the preferred times, read letter by letter as RFC 5545 has it."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.web.calendar import Interview, calendar

STAMP = "2027-03-14T09:00:00Z"
INTERVIEW = Interview(
    reference="IMC-7K3M-2Q9X-H",
    times=("2027-04-01T09:30", "2027-04-02T23:50"),
    minutes=15,
    summary="Suggested: interview with the Intake Manager",
    description="You suggested this time. It is fixed once the Intake Manager confirms it; until then, nothing is.",
    maker="IMC",
    host="certificates.example",
)
LINE = re.compile(r"(?P<name>[A-Z-]+):(?P<value>.*)", re.DOTALL)


def lines(data: bytes) -> list[tuple[str, str]]:
    """(name, value) of every content line; each physical line is checked on the way."""
    assert data.endswith(b"\r\n")
    physical = data.removesuffix(b"\r\n").split(b"\r\n")
    for line in physical:
        assert len(line) <= 75
        assert b"\n" not in line
        assert b"\r" not in line
        line.decode("utf-8")
    unfolded = b"\r\n".join(physical).replace(b"\r\n ", b"").decode("utf-8").split("\r\n")
    found = [match for line in unfolded if (match := LINE.fullmatch(line))]
    assert len(found) == len(unfolded)
    return [(match["name"], match["value"]) for match in found]


def events(found: list[tuple[str, str]]) -> list[dict[str, str]]:
    """The properties of every event, each of which must stand once in it."""
    assert found[0] == ("BEGIN", "VCALENDAR")
    assert found[-1] == ("END", "VCALENDAR")
    made: list[dict[str, str]] = []
    inside = False
    for name, value in found[1:-1]:
        if (name, value) == ("BEGIN", "VEVENT"):
            assert not inside
            inside = True
            made.append({})
        elif (name, value) == ("END", "VEVENT"):
            assert inside
            inside = False
        elif inside:
            assert name not in made[-1]
            made[-1][name] = value
    assert not inside
    return made


def text(value: str) -> str:
    """The escapes taken back; nothing may stand bare that has to be escaped."""
    assert not re.search(r"(?<!\\)(?:\\\\)*[;,]", value)
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] in "nN" else match[1], value)


def test_there_is_one_tentative_event_for_each_preferred_time() -> None:
    found = lines(calendar(INTERVIEW, STAMP))
    head = dict(found[: found.index(("BEGIN", "VEVENT"))])
    assert (head["VERSION"], head["PRODID"]) == ("2.0", "-//IMC//interview//EN")
    made = events(found)
    assert [event["DTSTART"] for event in made] == ["20270401T093000", "20270402T235000"]
    for event in made:
        assert set(event) == {"UID", "DTSTAMP", "DTSTART", "DURATION", "SUMMARY", "DESCRIPTION", "STATUS", "TRANSP"}
        assert event["DTSTAMP"] == "20270314T090000Z"
        assert (event["STATUS"], event["DURATION"]) == ("TENTATIVE", "PT15M")
        assert text(event["DESCRIPTION"]) == INTERVIEW.description
    assert len({event["UID"] for event in made}) == 2
    assert all(event["UID"].startswith("imc-7k3m-2q9x-h-") for event in made)


def test_the_same_times_have_the_same_ids_whenever_the_file_is_fetched() -> None:
    now, later = (events(lines(calendar(INTERVIEW, stamp))) for stamp in (STAMP, "2027-03-15T09:00:00Z"))
    assert [event["UID"] for event in now] == [event["UID"] for event in later]


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"])).map(lambda word: word + ";,\\ \n" + word * 9)


@settings(deadline=None)
@given(WORDS, WORDS)
def test_any_words_of_the_body_come_through_folded_and_escaped(summary: str, description: str) -> None:
    made = events(lines(calendar(replace(INTERVIEW, summary=summary, description=description), STAMP)))
    assert [text(event["SUMMARY"]) for event in made] == [summary] * 2
    assert [text(event["DESCRIPTION"]) for event in made] == [description] * 2
