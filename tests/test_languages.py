"""The site and the server in several languages: where each lies, how one leads to the other, who answers in which."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests

from pipeline.email_address import Address
from pipeline.forms import json_schema
from pipeline.i18n import speaking
from pipeline.settings import ROOT, Settings
from pipeline.site import languages
from pipeline.web.language import wanted
from tests.conftest import Service
from tests.support import CONCEPTS, DATA, filled, form, until
from tests.support_mail import HERE, Clock, House, part
from tests.test_site import build, pages, text_of

FRENCH = DATA.in_language("fr")
HTML = {"accept": "text/html"}
WRITTEN = sorted(path.stem for path in (ROOT / "docs").glob("*.md"))


def page(site: Settings, address: str) -> str:
    return (site.site / address / "index.html").read_text("utf-8")


def test_every_page_names_its_language_and_direction(site: Settings) -> None:
    for name, html in pages(site.site):
        code = "fr" if name.startswith("fr/") else "en"
        assert f'<html lang="{code}" dir="ltr"' in html, name


def test_every_generated_page_is_there_in_every_language_and_leads_to_the_others(site: Settings) -> None:
    there = {name for name, _html in pages(site.site)}
    assert {f"fr/{name}" for name in there if not name.startswith("fr/")} <= there
    for name, html in pages(site.site):
        if name.endswith("404.html"):
            continue
        address = name.removesuffix("index.html")
        other = address.removeprefix("fr/") if address.startswith("fr/") else f"fr/{address}"
        code, word = ("en", "English") if address.startswith("fr/") else ("fr", "Français")
        link = re.search(rf'<a href="([^"]*)" lang="{code}" hreflang="{code}">{word}</a>', html)
        assert link, name
        assert urljoin(f"http://site/{address}", link[1]) == f"http://site/{other}"
        alternates = dict(re.findall(r'<link rel="alternate" hreflang="(..)" href="http://127.0.0.1/([^"]*)">', html))
        assert alternates == {code: other, "fr" if code == "en" else "en": address}


def test_chrome_titles_and_forms_speak_french(site: Settings) -> None:
    html = page(site, f"fr/certificates/{CONCEPTS}/self-assessment")
    text = text_of(html)
    assert "Certificats" in text
    assert "Est-ce que je peux " in text
    assert "Can I" not in text
    assert "Envoyer mon auto-évaluation" in text
    assert '<input type="hidden" name="language" value="fr">' in html
    assert '"missing":"choisissez oui, en partie ou pas encore"' in html
    assert "Qui voit ce que vous envoyez" in text
    assert "Confidentialité" in text_of(page(site, "fr/privacy"))
    assert f"<title>{FRENCH.profiles[0].name}" in page(site, f"fr/certificates/{CONCEPTS}")


def test_no_french_colon_stands_without_its_space(site: Settings) -> None:
    about, handbook = page(site, "fr/about"), page(site, "fr/for-auditors/handbook")
    for profile in FRENCH.open_profiles:
        assert f"{profile.name}</strong>\u00a0: " in about
    assert "</strong>\u00a0: " in handbook
    assert re.findall("</strong>:|:</strong>", handbook + about) == []


def test_what_can_be_downloaded_is_named_and_the_body_has_its_article(site: Settings) -> None:
    shown = text_of(page(site, f"certificates/{CONCEPTS}"))
    assert "Download the self-assessment as a document (Word" in shown
    assert f"The {DATA.organization.name} issues the certificates." in shown
    assert f"The {DATA.organization.name} (IMC) issues the certificates." in text_of(page(site, "about"))


def test_a_draft_is_one_in_all_languages(site: Settings) -> None:
    kept = {
        re.search('data-draft="([^"]*)"', page(site, f"{home}certificates/{CONCEPTS}/portfolio"))[1]  # type: ignore[index]
        for home in ("", "fr/")
    }
    assert kept == {f"/|portfolio/{CONCEPTS}"}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_translated_page_has_the_headings_links_and_data_of_the_original(name: str) -> None:
    def shape(text: str) -> dict[str, list[str]]:
        return {
            "headings": re.findall(r"^#+ ", text, re.MULTILINE),
            "links": re.findall(r"\]\(([^)]*)\)", text),
            "data": re.findall(r"\{\{.*?\}\}", text),
            "entries": re.findall(r"^(?:-|\d\.) ", text, re.MULTILINE),
        }

    original, translated = (ROOT / folder / f"{name}.md" for folder in ("docs", "docs/fr"))
    assert shape(translated.read_text("utf-8")) == shape(original.read_text("utf-8"))


def test_what_is_not_translated_says_so_and_a_missing_page_leads_to_the_first_language(memory: Path) -> None:
    """A body that has begun with Spanish: its catalogue, its data and its pages are all still to be translated."""
    data = shutil.copytree(ROOT / "data", memory / "data", ignore=shutil.ignore_patterns("translations"))
    path = data / "organization.yml"
    path.write_text(path.read_text("utf-8").replace("languages: [en, fr]", "languages: [en, es]"), "utf-8")
    settings = build(memory, data, "/submissions")
    assert not (settings.site / "fr").exists()
    assert not (settings.site / "es/privacy").exists()
    html = page(settings, f"es/certificates/{CONCEPTS}")
    marked = re.findall(r'<(\w+)(?: class="lead")? lang="en" dir="ltr">', html)
    assert len(marked) > 72
    assert '<html lang="es"' in html
    assert 'href="../../../audit/"' in html
    form_page = page(settings, f"es/certificates/{CONCEPTS}/self-assessment")
    assert form_page.count('<span class="question" lang="en" dir="ltr">Can I ') == 72
    assert 'href="../../../../privacy/"' in form_page
    english = page(settings, "privacy")
    assert '<a href="../es/" lang="es" hreflang="es">Español</a>' in english
    assert 'rel="alternate"' not in english


def test_names_and_directions_of_languages() -> None:
    assert [languages.name(code) for code in ("fr", "en", "ar", "xx")] == ["Français", "English", "العربية", "xx"]
    assert [languages.direction(code) for code in ("fr", "ar", "he", "xx")] == ["ltr", "rtl", "rtl", "ltr"]


def french(kind: str, about: str) -> dict[str, str]:
    return form(filled(kind, about, language="fr"))


def test_a_form_is_judged_in_the_language_it_names(service: Service) -> None:
    sent = french(json_schema.SELF_ASSESSMENT, CONCEPTS)
    answer = service.post({**sent, "applicant.email": "nobody", "answers.C1.1.answer": ""}, HTML)
    assert answer.status_code == 422
    assert '<html lang="fr"' in answer.text
    text = text_of(answer.text)
    assert "Adresse courriel : écrivez votre adresse courriel, par exemple" in text
    assert "choisissez oui, en partie ou pas encore" in text
    assert 'name="language" value="fr"' in answer.text
    assert "À corriger\u00a0: " in answer.text
    value = {**filled(json_schema.SELF_ASSESSMENT, CONCEPTS, language="fr"), "applicant": {"name": "Rosa"}}
    told = requests.post(f"{service.url}/submissions", json=value, timeout=30).json()
    assert [finding["label"] for finding in told["findings"]] == ["Adresse courriel"]
    assert told["title"] == "Quelques points sont à corriger"


def test_receipt_status_and_portfolio_keep_the_persons_language_and_lead_to_the_other(service: Service) -> None:
    posted = service.post(french(json_schema.SELF_ASSESSMENT, CONCEPTS))
    where = posted.headers["location"]
    assert where.startswith("/fr/received/")
    for address, words in (
        (where, "C’est bien arrivé"),
        (where.replace("received", "status"), "Où en est votre dossier"),
        (where.replace("received", "status") + "/portfolio", "Envoyer mon portfolio"),
    ):
        answer = requests.get(service.url + address, timeout=30)
        assert answer.status_code == 200
        assert '<html lang="fr"' in answer.text
        assert words in text_of(answer.text)
        assert answer.headers["cache-control"] == "no-store"
        if not address.endswith("portfolio"):
            assert f'href="{address.removeprefix("/fr")}" lang="en" hreflang="en"' in answer.text
        assert 'href="/fr/' in answer.text
        english = requests.get(service.url + address.removeprefix("/fr"), headers={"accept-language": "fr"}, timeout=30)
        assert '<html lang="en"' in english.text
    value = filled(json_schema.CONTACT, "question", language="fr")
    status = requests.post(f"{service.url}/submissions", json=value, timeout=30).json()["status"]
    assert status.startswith("/fr/status/")


def test_a_problem_is_told_in_the_language_of_the_address_or_of_the_browser(service: Service) -> None:
    def told(path: str, **headers: str) -> str:
        return requests.get(service.url + path, headers={**HTML, **headers}, timeout=30).text

    assert "Cette page n’existe pas" in told("/fr/nowhere")
    assert "Cette page n’existe pas" in told("/nowhere", **{"accept-language": "fr-CA,en;q=0.5"})
    assert "There is no such page" in told("/nowhere", **{"accept-language": "de, en;q=0.9, fr;q=0.8"})
    assert "There is no such page" in told("/nowhere")
    assert "Ce lien ne mène nulle part" in told("/fr/status/IMC-0000-0000-0/x")
    plain = {**HTML, "content-type": "text/plain"}
    answer = requests.post(f"{service.url}/submissions?language=fr", data=b"x", headers=plain, timeout=30)
    assert answer.status_code == 415
    assert "Ce type de contenu n’est pas lu" in answer.text


def test_the_forms_address_names_the_language_for_what_cannot_be_read(site: Settings) -> None:
    assert 'action="/submissions?language=fr"' in page(site, "fr/contact/question")
    assert 'action="/submissions"' in page(site, "contact/question")


def test_a_secret_in_an_address_is_named_to_nobody_in_any_language(service: Service) -> None:
    for address in ("/status/x/y", "/fr/status/x/y", "/fr/received/x/y"):
        headers = requests.get(service.url + address, timeout=30).headers
        assert (headers["referrer-policy"], headers["cache-control"]) == ("no-referrer", "no-store"), address


def test_lost_references_are_asked_for_and_sent_in_the_persons_language(service: Service, tmp_path: Path) -> None:
    answer = requests.get(f"{service.url}/fr/status/", timeout=30)
    assert "Recevoir de nouveau vos références" in text_of(answer.text)
    assert 'action="/fr/status/"' in answer.text
    assert 'href="/status/" lang="en" hreflang="en"' in answer.text
    assert 'href="/fr/status/"' in requests.get(f"{service.url}/fr/contact/", timeout=30).text
    asked = requests.post(f"{service.url}/fr/status/", data={"email": "x"}, timeout=30)
    assert "écrivez votre adresse courriel" in asked.text
    house = House(tmp_path / "house", Clock())
    house.send()
    house.round()
    house.clock.later(hours=2)
    with speaking("fr"):
        address = Address.parse("rosa@example.org")
        assert address
        house.room.ask(address)
    house.round()
    assert "Vos références" in [letter["Subject"] for letter in house.outbox()]


def test_a_receipt_by_mail_is_in_the_language_of_the_form_with_links_that_keep_it(tmp_path: Path) -> None:
    house = House(tmp_path, Clock())
    receipt = house.send(language="fr")
    assert house.round() == ""
    (letter,) = house.outbox()
    assert letter["Subject"] == f"Votre référence\u00a0: {receipt.reference}"
    for form_ in ("plain", "html"):
        text = part(letter, form_)
        assert f"{HERE}fr/status/{receipt.reference}/{receipt.secret}/portfolio" in text
        assert f"{HERE}fr/contact/" in text
        assert "Auto-évaluation\u00a0: " in text
        assert "C’est bien arrivé" in text
    assert '<html lang="fr" dir="ltr">' in part(letter, "html")


def test_what_auditors_read_is_in_the_bodys_first_language(service: Service) -> None:
    service.post(french(json_schema.SELF_ASSESSMENT, CONCEPTS))
    until(lambda: bool(list(service.records.glob("cases/*/private/*/submission.md"))))
    text = next(service.records.glob("cases/*/private/*/submission.md")).read_text("utf-8")
    assert "Can I tell mentor" in text
    assert "Est-ce que" not in text


@pytest.mark.parametrize(
    ("header", "codes"),
    [
        ("fr-CA, fr;q=0.9, en;q=0.8", ["fr", "fr", "en"]),
        ("en;q=0.2, fr", ["fr", "en"]),
        ("fr;q=0, en", ["en"]),
        ("*", ["*"]),
        ("", [""]),
        ("en;q=much", []),
    ],
)
def test_the_best_liked_language_comes_first(header: str, codes: list[str]) -> None:
    assert list(wanted(header)) == codes
