"""The site, built once; a browser; and a service with records of its own."""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, sync_playwright

from pipeline.cases import integrity
from pipeline.settings import ROOT, Settings
from pipeline.site.render import Renderer
from pipeline.submissions.status_secrets import Receipts
from pipeline.web import wiring
from pipeline.web.rate_limit import Limits
from tests.find_browser import ARGUMENTS, find
from tests.support import free_port, serving
from tests.surroundings import clear

clear(os.environ)
# Hundreds of clones that live for seconds: Git need not wait for the disk here, nor look after every step whether to tidy up.
GIT = {"core.fsync": "none", "maintenance.auto": "false", "receive.autogc": "false"}
for number, (key, value) in enumerate(GIT.items()):
    os.environ |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
os.environ["GIT_CONFIG_COUNT"] = str(len(GIT))


MEMORY = Path("/", "dev", "shm")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody else writes, what seems wrong need not be given time: it is looked at again at once."""
    monkeypatch.setattr(integrity, "PAUSES", (0.0,))


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory where there is one: for tests that write thousands of files durably."""
    with tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as name:
        yield Path(name)


@dataclass(frozen=True)
class Service:
    """A running server: `url`, the sign-in paths by role's name, and where its data lies."""

    url: str
    links: dict[str, str]
    settings: Settings

    @property
    def records(self) -> Path:
        return self.settings.records

    def desk_secret(self, reference: str) -> dict[str, str]:
        """The fields by which a portfolio joins a case."""
        secret = Receipts.from_folder(self.settings.var).secret(reference)
        return {"case.reference": reference, "case.secret": secret}

    def post(self, form: dict[str, str], headers: dict[str, str] | None = None) -> requests.Response:
        return requests.post(f"{self.url}/submissions", data=form, allow_redirects=False, timeout=30, headers=headers)


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that is made by the first of all test processes that needs it; the others wait for it."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            folder.mkdir(exist_ok=True)
            make(folder)
            (folder / "ready").touch()
    return folder


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The site as `make run` builds it."""

    def settings(root: Path) -> Settings:
        made = replace(Settings(), var=root / "var", records=root / "var" / "records", site=root / "site")
        return replace(made, endpoint="/submissions", site_url="http://127.0.0.1/")

    return settings(once(tmp_path_factory, "site", lambda root: wiring.build_site(settings(root))))


@pytest.fixture(scope="session")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site as it is as long as it is not known where forms go."""
    root = once(tmp_path_factory, "closed", lambda root: wiring.build_site(replace(Settings(), site=root / "site")))
    return root / "site"


PROVIDED = {  # where a body's forms go
    "formspree": "https://formspree.io/f/abcdwxyz",
    "netlify": "https://certificates.body.example/thanks/",
}


@pytest.fixture(scope="session")
def provided(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """By the kind of the form provider: the folder of the site of a body with real addresses and a longer interview."""

    def make(kind: str, root: Path) -> None:
        data = shutil.copytree(ROOT / "data", root / "data")
        path = data / "organization.yml"
        text = path.read_text("utf-8").replace("placeholder.invalid", "body.example")
        for now, then in (
            ("submission_endpoint: null", f"submission_endpoint: {{kind: {kind}, url: '{PROVIDED[kind]}'}}"),
            ("interview_minutes: 15", "interview_minutes: 25"),
        ):
            assert now in text
            text = text.replace(now, then)
        path.write_text(text, "utf-8")
        wiring.build_site(replace(Settings(), data=data, site=root / "site"))

    return lambda kind: once(tmp_path_factory, kind, partial(make, kind)) / "site"


@pytest.fixture(scope="session")
def small_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has what the lock file of the group `pipeline` names, and pip.

    The packages are those that the tests themselves run with: nothing is fetched.
    """

    def make(folder: Path) -> None:
        venv.create(folder, symlinks=True)
        link_packages(folder, {"pip", *locked("pipeline")})

    return once(tmp_path_factory, "small", make) / "bin/python"


def locked(group: str) -> set[str]:
    """The names of the packages in the lock file of the group."""
    lines = (ROOT / f"requirements/{group}.txt").read_text("utf-8").splitlines()
    return {plain(line.split("==")[0]) for line in lines if "==" in line}


def plain(name: str) -> str:
    return name.lower().replace("-", "_")


def link_packages(environment: Path, names: set[str]) -> None:
    """They are in it as if they had been installed: pip finds them there too."""
    packages = next((environment / "lib").glob("python*/site-packages"))
    whole = next(Path(sys.prefix).glob("lib/python*/site-packages"))
    for info in whole.glob("*.dist-info"):
        if plain(info.name.split("-")[0]) in names:
            for line in (info / "RECORD").read_text("utf-8").splitlines():
                top = line.split("/")[0].split(",")[0]
                if top not in ("..", "__pycache__") and not (packages / top).exists():
                    (packages / top).symlink_to(whole / top)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = find()
    assert path, "no browser: see tests/find_browser.py"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def renderer(site: Settings) -> Renderer:
    """What all services of a test process draw with: its data is read and its templates are compiled once."""
    return Renderer.from_settings(site)


@pytest.fixture
def service(site: Settings, renderer: Renderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    port = free_port()
    settings = replace(site, var=tmp_path / "var", records=tmp_path / "var" / "records")
    with monkeypatch.context() as patch:
        patch.setattr(Renderer, "from_settings", lambda _settings: renderer)
        running = wiring.local(settings, Limits(10_000, 100_000), f"http://127.0.0.1:{port}")
    with serving(running.app, port) as url:
        yield Service(url, dict(running.links), settings)
