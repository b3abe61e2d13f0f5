"""The site, built once a process; and a service with records of its own."""

from __future__ import annotations

import fcntl
import os
import tempfile
import venv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, sync_playwright

from pipeline import wiring
from pipeline.accept.limits import Limits
from pipeline.accept.receipts import Receipts
from pipeline.settings import ROOT, Settings
from tests.find_browser import ARGUMENTS, find
from tests.support import free_port, run, serving

# Hundreds of clones: Git need not wait for the disk here.
os.environ |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsync", "GIT_CONFIG_VALUE_0": "none"}


MEMORY = Path("/", "dev", "shm")


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


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The site as `make run` builds it."""
    root = tmp_path_factory.mktemp("site")
    settings = replace(Settings(), var=root / "var", records=root / "var" / "records", site=root / "site")
    settings = replace(settings, endpoint="/submissions", site_url="http://127.0.0.1/")
    wiring.build_site(settings)
    return settings


@pytest.fixture(scope="session")
def small_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with what the lock file of the group `pipeline` names and nothing else, installed once for all processes."""
    folder = tmp_path_factory.getbasetemp().parent / "small"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            venv.create(folder, with_pip=True, clear=True)
            install = ["-m", "pip", "install", "--quiet", "--require-hashes", "-r", "requirements/pipeline.txt"]
            run(str(folder / "bin/python"), *install, cwd=ROOT)
            (folder / "ready").touch()
    return folder / "bin/python"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find()
    assert path, "no browser: see tests/find_browser.py"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def service(site: Settings, tmp_path: Path) -> Iterator[Service]:
    port = free_port()
    settings = replace(site, var=tmp_path / "var", records=tmp_path / "var" / "records")
    running = wiring.local(settings, Limits(10_000, 100_000), f"http://127.0.0.1:{port}")
    with serving(running.app, port) as url:
        yield Service(url, dict(running.links), settings)
