"""The handbook, its picture and the meeting sheet say what the process table says, of whichever body it is."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from pipeline.cases.commands import EVERY
from pipeline.cases.state import has_meeting
from pipeline.data.process import Process, State, Transition
from pipeline.settings import Settings
from pipeline.site.diagram import draw, everywhere
from pipeline.site.pages import generated
from pipeline.site.render import Renderer
from tests.support import BAKERS, CONCEPTS, DATA, PRACTICE

BODIES = {"IMC": DATA, "bakers": BAKERS.data}


def pages(name: str) -> dict[str, str]:
    renderer = Renderer.from_settings(replace(Settings(), endpoint="/submissions"))
    renderer = replace(renderer, data=BODIES[name])
    return {page.path: unescape(page.content()) for page in generated(renderer)}


@pytest.mark.parametrize("name", BODIES)
def test_the_handbook_has_every_state_and_command_of_the_table_and_the_bodys_own_words(name: str) -> None:
    data = BODIES[name]
    text = pages(name)["for-auditors/handbook/"]
    for state in data.process.states:
        assert text.count(state.title) > 1, state.id
    for command in EVERY:
        assert command.usage in text
        assert command.text() in text
    for role in data.organization.roles:
        assert role.name in text
    assert f"{data.organization.reference_prefix}-7K3M-2Q9X-H" in text


@pytest.mark.parametrize("name", BODIES)
def test_the_picture_draws_every_way_once_and_no_two_lines_lie_on_each_other(name: str) -> None:
    process = BODIES[name].process
    diagram = draw(process)
    assert [box.state for box in diagram.boxes] == list(process.states)
    wanted = [row for row in process.transitions if not everywhere(row)]
    commands = [line.row for line in diagram.lines if line.row.command]
    assert sorted(map(repr, commands)) == sorted(repr(row) for row in wanted if row.command)
    ways = {(source, row.to) for row in wanted if not row.command for source in row.sources}
    drawn = [(source, line.row.to) for line in diagram.lines if not line.row.command for source in line.row.sources]
    assert sorted(ways) == sorted(drawn)
    ports = [y for line in diagram.lines for y in (*line.starts, line.end)]
    assert len(ports) == len(set(ports))
    for line in diagram.lines:
        others = [other for other in diagram.lines if other is not line and other.x == line.x]
        assert all(other.bottom < line.top or other.top > line.bottom for other in others)
        boxes = {box.state.id: range(box.y, box.y + box.height) for box in diagram.boxes}
        assert line.end in boxes[line.row.to]
        assert all(y in boxes[source] for y, source in zip(line.starts, line.row.sources, strict=True))
    assert max(line.x for line in diagram.lines) < diagram.width
    assert all(box.y + box.height <= diagram.height for box in diagram.boxes)


def test_a_new_row_of_the_table_is_in_the_picture_with_no_other_edit() -> None:
    states = (State("a", "A", "nobody", "x", None, True), State("b", "B", "nobody", "x", None, False))
    row = Transition("ended", "withdraw", ("a",), "b", ("intake_manager",), (), ())
    (line,) = draw(Process(states, "a", (row,))).lines
    assert line.row is row
    assert draw(Process(states, "a", ())).lines == ()


def test_there_is_a_sheet_for_the_meeting_of_each_certificate_that_has_one() -> None:
    found = pages("IMC")
    assert f"certificates/{CONCEPTS}/meeting/" not in found
    profile = DATA.profile(PRACTICE)
    assert profile
    assert has_meeting(profile)
    sheet = found[f"certificates/{PRACTICE}/meeting/"]
    for statement in DATA.statements(profile):
        assert sheet.count(f'<span class="sid">{statement.id}</span>') == 1
        assert statement.question in sheet
    assert re.search(r"From the Certificate of Concepts - Mentoring\.", sheet)
    assert sheet.index("P1.1") < sheet.index("C1.1")
    assert f"certificates/{PRACTICE}/meeting/" in found["for-auditors/handbook/"]
    assert not [path for path in pages("bakers") if path.endswith("/meeting/")]
