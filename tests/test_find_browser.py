"""What `make test` does about a browser on a machine that has none. The system's commands are small scripts here."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests import find_browser
from tests.find_browser import WITHOUT_WINDOWS, Machine

BARE = Machine(browser=None, lacks="libatomic.so.1", debian=True, libraries=False, root=True, apt=True)
NEEDS = "The tests need libatomic.so.1 for Playwright's driver and a browser."
TYPED = "sudo apt-get install --no-install-recommends libatomic1 chromium-headless-shell"


@pytest.mark.parametrize(
    ("machine", "packages"),
    [
        (BARE, ["libatomic1", WITHOUT_WINDOWS]),
        (replace(BARE, root=False), ["libatomic1", WITHOUT_WINDOWS]),
        (replace(BARE, lacks=""), [WITHOUT_WINDOWS]),
        (replace(BARE, lacks="", libraries=True), [WITHOUT_WINDOWS]),
        (replace(BARE, lacks="", libraries=True, root=False), []),  # Playwright's download would start
        (replace(BARE, browser="/usr/bin/chromium"), ["libatomic1"]),
        (replace(BARE, browser="/usr/bin/chromium", lacks=""), []),
        (replace(BARE, lacks="libother.so.3"), ["libother.so.3", WITHOUT_WINDOWS]),
        (replace(BARE, debian=False), ["libatomic1"]),  # Ubuntu has no such package of a browser
        (replace(BARE, debian=False, lacks="", libraries=True), []),
    ],
)
def test_what_is_missing_is_known_before_anything_is_done(machine: Machine, packages: list[str]) -> None:
    assert machine.packages == packages


@pytest.mark.parametrize(
    ("machine", "sentence"),
    [
        (replace(BARE, root=False), f"{NEEDS} Type: {TYPED}"),
        (
            replace(BARE, browser="/usr/bin/chromium", root=False),
            "The tests need libatomic.so.1 for Playwright's driver. "
            "Type: sudo apt-get install --no-install-recommends libatomic1",
        ),
        (
            replace(BARE, apt=False),
            f"{NEEDS} Install libatomic1 and chromium-headless-shell with this machine's package manager.",
        ),
    ],
)
def test_who_cannot_install_it_gets_one_sentence_with_the_line_to_type(machine: Machine, sentence: str) -> None:
    assert machine.sentence == sentence


@dataclass
class Bin:
    """The only folder with programs, and the driver of Playwright that is looked at."""

    folder: Path

    @property
    def calls(self) -> list[str]:
        log = self.folder / "calls"
        return log.read_text("utf-8").splitlines() if log.is_file() else []

    def add(self, name: str, script: str) -> Path:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def add_apt(self, does: str) -> None:
        self.add("apt-get", f'echo "$@" >> {self.folder}/calls\n[ "$2" = update ] || {{ {does}\n}}')


WELL = "#!/bin/sh\\necho 1.0"


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bin:
    """As root on a bare Debian, in CI or not, whose Playwright cannot be downloaded."""
    made = Bin(tmp_path)
    driver = made.add(
        "node",
        'echo "node: error while loading shared libraries: libatomic.so.1: cannot open shared object file" >&2; exit 127',
    )
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(find_browser, "driver", lambda: driver)
    monkeypatch.setattr(find_browser, "is_debian", lambda: True)
    monkeypatch.setattr(find_browser, "loads", lambda library: False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(sys, "executable", str(made.add("python", f'echo "python $@" >> {tmp_path}/calls; exit 1')))
    find_browser.starts.cache_clear()
    return made


@pytest.mark.parametrize("ci", ["", "true"])
def test_root_gets_everything_by_one_announced_installation(
    bare: Bin, ci: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI", ci)
    bare.add_apt(
        f'for name in node {WITHOUT_WINDOWS}; do printf "{WELL}" > {bare.folder}/$name; /bin/chmod +x {bare.folder}/$name; done'
    )
    find_browser.main()
    assert bare.calls == ["-qq update", f"-qq install -y --no-install-recommends libatomic1 {WITHOUT_WINDOWS}"]
    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"Installing libatomic1 and {WITHOUT_WINDOWS} with apt-get ...",
        f"Browser of the tests: {bare.folder / WITHOUT_WINDOWS}",
    ]


def test_who_is_not_root_downloads_nothing_and_reads_one_sentence(bare: Bin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    bare.add_apt("true")
    with pytest.raises(SystemExit) as stopped:
        find_browser.main()
    assert stopped.value.code == f"{NEEDS} Type: {TYPED}"
    assert bare.calls == []


def test_an_installation_that_does_not_help_ends_with_the_same_sentence(bare: Bin) -> None:
    bare.add_apt("exit 100")
    with pytest.raises(SystemExit) as stopped:
        find_browser.main()
    assert stopped.value.code == f"{NEEDS} Type: {TYPED}"
    assert not [call for call in bare.calls if call.startswith("python")], "a download in vain"


def test_what_comes_to_no_end_ends_with_the_same_sentence(bare: Bin, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mirror that is too slow, a browser that hangs."""
    bare.add_apt("true")
    bare.add("google-chrome", "echo 1.0")
    run = subprocess.run

    def slow(command: list[str], **more: Any) -> subprocess.CompletedProcess[str]:
        if str(command[0]).endswith(("apt-get", "google-chrome")):
            raise subprocess.TimeoutExpired(command, 1)
        return run(command, **more)

    monkeypatch.setattr(subprocess, "run", slow)
    with pytest.raises(SystemExit) as stopped:
        find_browser.main()
    assert stopped.value.code == f"{NEEDS} Type: {TYPED}"


def test_a_program_that_only_says_how_to_get_a_browser_is_none(bare: Bin) -> None:
    """As Ubuntu's chromium-browser."""
    bare.add("chromium-browser", "echo 'Command requires a snap' >&2; exit 1")
    assert find_browser.on_machine() is None
    bare.add("google-chrome", "echo 1.0")
    assert find_browser.on_machine() == str(bare.folder / "google-chrome")


def test_the_real_machine_of_these_tests_lacks_nothing() -> None:
    machine = Machine.probe()
    assert machine.lacks == ""
    assert machine.packages == []
    assert find_browser.driver().is_file()
