"""When two names are one person's or one provider's, in a table, and what people.yml says of two entries for one person."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.cases import people
from pipeline.cases.name_matching import same, same_address
from pipeline.errors import DataInvalid
from pipeline.settings import ROOT
from tests.support import DATA

ALIKE = [
    ("李 娜", "李 娜"),
    ("李 娜", "李娜"),
    ("राम सिंह", "राम सिंह"),
    ("सिंह, राम", "राम सिंह"),
    ("र. शर्मा", "राम शर्मा"),
    ("林 恵", "林 恵"),
    ("K-9", "K-9"),
    ("Q & A", "Q & A"),
    ("!!!", "!!!"),
    ("Rosa Test", "Test, Rosa"),
    ("Rosa Test", "Dr. Rosa M. Test"),
    ("Łukasz Øde", "Lukasz Ode"),
    ("Ada Audit, MSc", "Ada Audit"),
    ("WELLth Movement Ltd.", "Wellth Movement"),
    ("Wellth", "WELLth Movement"),
    ("Coachify Ltd", "Coachify"),
    ("Coachify e.V.", "coachify"),
    ("Coachify S.A.", "Coachify"),
    ("Coachify SA", "Coachify AG"),
    ("Coachify GmbH & Co. KG", "Coachify"),
    ("A. Audit", "Ada Audit"),
    ("A. A.", "Ada Audit"),
    ("Ms. Audit", "Ada Audit"),
    ("M. Audit", "Ada Audit"),
    ("Ada", "Ada Audit"),
    ("O'Brien Sean", "Sean OBrien"),
    ("O’Brien Sean", "Sean O'Brien"),
    ("Anne-Marie Test", "Annemarie Test"),
    ("Anne Marie Test", "Test, Anne-Marie"),
    ("Anne Marie Test", "Test, Annemarie"),
    ("Xiao Ming Li", "Li Xiaoming"),
    ("Sue Ellen Test", "Test, Sueellen"),
    ("Xiao Ming de Silva", "Desilva, Xiaoming"),
    ("Đorđe Ilić", "Djordje Ilic"),
    ("Đorđe Ilić", "Dorde Ilic"),
    ("Djordje Ilić", "Dorde Ilic"),
    ("Na Lü", "Lue, Na"),
    ("Na Lü", "Na Lu"),
    ("Bo Brø", "Broe, Bo"),
    ("Eva Müller", "Mueller, Eva"),
    ("Eva Müller", "Muller, Eva"),
    ("Eva Mueller", "Muller, Eva"),
    ("Jo Weiß", "Weiss, Jo"),
    ("\u0410da Audit", "Ada Audit"),  # with a Cyrillic A
    ("\u0391da Audit", "Ada Audit"),  # with a Greek one
    ("Ева Тест", "ТЕСТ, ЕВА"),
    ("محمد نور", "نور مُحَمَّد"),
    ("Ada\u00a0Audit", "Ada\u2003Audit"),
    ("A\u200bda \u2060Audit", "Ada Audit"),
    ("Ａｄａ　Ａｕｄｉｔ", "Audit Ada"),
]
DIFFERENT = [
    ("", ""),
    (" ", " "),
    ("", "Ada Audit"),
    ("Ada Audit", "Abe Audit"),
    ("A. Audit", "A. Smith"),
    ("B. Audit", "Ada Audit"),
    ("A.", "Ada Audit"),
    ("राम शर्मा", "सीता शर्मा"),
    ("Maria Garcia", "Maria Lopez"),
    ("Maria Sá", "Maria Lopez"),  # no legal form, but a name
    ("李 娜", "李 强"),
    ("김 민수", "김 민지"),
    ("K-9", "K-8"),
    ("Rosa Test", "Rosa Tester"),
    ("Rosa M. Test", "Rosa N. Test"),
    ("Sue Li", "Su Li"),
    ("Zoe Test", "Zo Test"),
    ("Xiao Ming Li", "Li Xiaoling"),
    ("Anne Marie Test", "Test, Annamaria"),
    ("Сара Кох", "Sara Koch"),  # it sounds alike, but does not look so
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_a_name_is_the_same_however_it_is_written(one: str, other: str) -> None:
    assert (same(one, other), same(other, one)) == (True, True)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_two_names_share_makes_them_not_the_same(one: str, other: str) -> None:
    assert (same(one, other), same(other, one)) == (False, False)


WRITTEN = st.text(max_size=12) | st.lists(
    st.sampled_from(["A.", "Ada", "ada", "Ad", "Ltd", "Dr", "李", "-", "Аda"])
).map(" ".join)


@given(WRITTEN, WRITTEN)
@example("Ada A. B", "A. Ada Ab")
def test_who_is_the_same_is_so_in_either_order(one: str, other: str) -> None:
    assert same(one, other) == same(other, one)


@given(WRITTEN)
@example("\u3164")
@example("\u0345 9")
def test_every_text_with_a_letter_or_digit_is_its_own(text: str) -> None:
    shown = any(letter.isalnum() for letter in text)
    assert same(text, text) or not shown


def test_an_address_is_the_same_with_a_tag() -> None:
    assert same_address("rosa+imc@Example.org", "Rosa@example.org")
    assert not same_address("rosa@example.org", "rosa@example.com")
    assert not same_address("", "")


def loaded(folder: Path, *entries: tuple[str, str]) -> list[str]:
    """What is found in people.yml with these names and addresses."""
    made = [
        {"login": f"p{number}", "name": name, "roles": ["auditor"], **({"email": email} if email else {})}
        for number, (name, email) in enumerate(entries)
    ]
    (folder / "people.yml").write_text(yaml.safe_dump({"people": made}))
    try:
        people.load(folder / "people.yml", ROOT / "schemas", DATA.organization)
    except DataInvalid as error:
        return [f"{finding.pointer} {finding.message}" for finding in error.findings]
    return []


def test_two_entries_that_look_like_one_person_are_found_with_the_remedy(tmp_path: Path) -> None:
    found = loaded(tmp_path, ("Ada Audit", ""), ("Audit, Ada", "ada@x.org"), ("Dr. Rosa Test", "ada+work@x.org"))
    assert [line.split()[0] for line in found] == ["/people/1/name", "/people/2/email"]
    assert "looks like p0, who has an entry" in found[0]
    assert "give each of them an e-mail address of their own" in found[0]
    assert "looks like p1" in found[1]


def test_two_people_of_one_name_each_with_an_address_may_both_work_here(tmp_path: Path) -> None:
    assert loaded(tmp_path, ("Ada Audit", "ada@x.org"), ("Ada Audit", "ada@y.org"), ("Abe Audit", "")) == []
