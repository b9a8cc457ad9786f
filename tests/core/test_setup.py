"""The set-up agrees with itself: requirements, locks, Makefile, Streamlit's configuration."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from streamlit import config

from tests.unit import SYSTEM

ROOT = Path(__file__).resolve().parents[2]
LOCKS = {
    "requirements.txt": "requirements.lock",
    "requirements-cluster.txt": "requirements-cluster.lock",
    "requirements-dev.txt": "requirements-dev.lock",
    "requirements-gpu.txt": "requirements-gpu.lock",
}


def requirements(name: str) -> list[Requirement]:
    """The requirements that a file lists, without its comments, options and hashes."""
    lines = (re.split(r"[#\\]", line)[0].strip() for line in (ROOT / name).read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def versions(name: str) -> dict[str, set[str]]:
    """Package to version, or versions where Python's own decides, of a file in which every one is exact."""
    pins: dict[str, set[str]] = {}
    for requirement in requirements(name):
        (specifier,) = requirement.specifier
        assert specifier.operator == "==", f"{requirement} in {name} is not pinned"
        others = pins.setdefault(canonicalize_name(requirement.name), set())
        assert requirement.marker or not others, requirement
        others.add(specifier.version)
    return pins


@pytest.mark.parametrize(("listed", "lock"), LOCKS.items())
def test_every_direct_requirement_is_pinned_and_locked_at_that_version(
    listed: str, lock: str
) -> None:
    direct, locked = versions(listed), versions(lock)
    assert direct
    assert direct == {name: locked[name] for name in direct}


@pytest.mark.parametrize("lock", list(LOCKS.values())[1:])
def test_locks_agree_on_every_shared_package(lock: str) -> None:
    base, other = versions("requirements.lock"), versions(lock)
    shared = base.keys() & other.keys()
    assert {name: base[name] for name in shared} == {name: other[name] for name in shared}
    assert base.keys() - other.keys() <= {"tensorflow-cpu"}


def test_no_environment_gets_two_builds_of_tensorflow() -> None:
    machines = [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"), ("win32", "AMD64")]
    for lock in LOCKS.values():
        builds = [item for item in requirements(lock) if item.name.startswith("tensorflow")]
        for system, processor in machines:
            machine = {"sys_platform": system, "platform_machine": processor}
            chosen = [b.name for b in builds if b.marker is None or b.marker.evaluate(machine)]
            assert len(chosen) == 1, (lock, machine, chosen)


@pytest.mark.parametrize("lock", LOCKS.values())
def test_no_lock_names_a_host_or_a_folder(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert text.startswith("# ") and "make lock" in text
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host|@ file|/", text)


@pytest.mark.parametrize("lock", LOCKS.values())
def test_every_locked_package_has_its_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text()
    blocks = re.findall(r"^[a-z0-9][^\n]*(?:\n    [^\n]*)*", text, re.MULTILINE)
    assert len(blocks) == len(requirements(lock))
    assert [block for block in blocks if "--hash=sha256:" not in block] == []


def test_the_licence_of_every_package_is_listed_and_none_is_gpl() -> None:
    table = (ROOT / "docs/licences.md").read_text()
    listed = dict(re.findall(r"^\| ([a-z0-9-]+) \|.*\| (.*) \|$", table, re.MULTILINE))
    locked = [item for item in requirements("requirements.lock") if item.marker is None]
    assert {item.name for item in locked} <= listed.keys()
    unfit = re.compile(r"GPL|not stated|^$")
    assert {name: licence for name, licence in listed.items() if unfit.search(licence)} == {}


BLOCKED = """
import importlib.abc, os, sys

class Blocked(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in os.environ["BLOCKED_MODULES"].split():
            raise ModuleNotFoundError(f"{name} is not in requirements.lock", name=name)

sys.meta_path.insert(0, Blocked())
"""


@pytest.mark.long
def test_what_the_lock_holds_is_enough_to_train(tmp_path: Path) -> None:
    locked = versions("requirements.lock").keys()
    others = [
        module
        for module, packages in packages_distributions().items()
        if not locked & {canonicalize_name(package) for package in packages}
    ]
    assert {"flask", "matplotlib"} <= set(others)
    (tmp_path / "sitecustomize.py").write_text(BLOCKED)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "diagnosis", "train", "phantoms", "simple_rnn"),
            *("--epochs", "1", "--by", "Test", "--why", "requirements"),
        ],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={
            **os.environ, "PYTHONPATH": str(tmp_path), "BLOCKED_MODULES": " ".join(others),
            "SCANLINE_HOME": str(tmp_path / "home"),
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "candidate" in done.stdout, done.stdout


COLLECT = """
import sys
import pytest

class Counted:
    def pytest_collection_finish(self, session):
        self.n = len(session.items)

counted = Counted()
code = pytest.main(["--unit", "--collect-only", "-q", "-p", "no:cacheprovider"], plugins=[counted])
loaded = {"keras", "tensorflow"} & sys.modules.keys()
print(int(code), counted.n, *sorted(loaded), file=sys.stderr)
"""


def test_collecting_the_unit_tests_loads_no_keras() -> None:
    done = subprocess.run(
        [sys.executable, "-c", COLLECT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    code, n, *loaded = done.stderr.splitlines()[-1].split()
    assert (code, loaded) == ("0", []), done.stdout
    assert int(n) > 1000


def test_what_is_no_unit_test_is_listed_by_its_path_and_is_there() -> None:
    assert [path for path in SYSTEM if not path.exists()] == []


def test_make_help_lists_every_target() -> None:
    make = shutil.which("make")
    assert make, "make is not installed"
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony
    printed = subprocess.run(
        [make, "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    explained = {line.split()[1] for line in printed.splitlines()}
    assert explained == set(phony[1].split()) - {"help"}
    assert explained == targets() - {"help"}


def targets() -> set[str]:
    """What `make` makes by name, and not as a file."""
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("file", [".ci/run", "README.md", "CONTRIBUTING.md", "docs"])
def test_every_target_that_is_named_is_there(file: str) -> None:
    path = ROOT / file
    pages = path.glob("**/*.md") if path.is_dir() else [path]
    named = {
        name
        for page in pages
        for name in re.findall(r"(?:^ *|`)make ([a-z][a-z-]*)", page.read_text(), re.MULTILINE)
    }
    assert named and named <= targets()


def test_the_workflow_runs_what_can_be_run_here() -> None:
    (workflow,) = (ROOT / ".github/workflows").iterdir()
    commands = re.findall(r"run: (.*)", workflow.read_text())
    assert commands == ["bash .ci/run"]
    assert re.findall(r"^make (.*)$", (ROOT / ".ci/run").read_text(), re.MULTILINE) == [
        "test",
        "test-long",
    ]


def test_streamlit_knows_every_option_that_is_configured() -> None:
    def flat(table: dict[str, object], prefix: str = "") -> list[str]:
        names = []
        for key, value in table.items():
            name = f"{prefix}{key}"
            names += flat(value, f"{name}.") if isinstance(value, dict) else [name]
        return names

    configured = flat(tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text()))
    assert {"server.address", "browser.gatherUsageStats"} <= set(configured)
    assert set(configured) <= config.get_config_options().keys()
