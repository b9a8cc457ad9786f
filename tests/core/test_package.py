"""The package: what it says of itself, and that it runs where it is installed as where it is checked out."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

import diagnosis
from diagnosis.core.paths import ASSETS
from diagnosis.models import store

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT, HATCH = PYPROJECT["project"], PYPROJECT["tool"]["hatch"]
RUN = """
import sys
from importlib.metadata import distribution

import diagnosis

print(diagnosis.__file__.removesuffix("/diagnosis/__init__.py"), file=sys.stderr)
(command,) = [c for c in distribution("scanline").entry_points if c.group == "console_scripts"]
sys.exit(command.load()(sys.argv[1:]))
"""


def installed(folder: Path) -> Path:
    """The tree laid out in a folder as ``pyproject.toml`` tells hatchling to pack it."""
    for package in HATCH["build"]["targets"]["wheel"]["packages"]:
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    for source, target in HATCH["build"]["targets"]["wheel"]["force-include"].items():
        shutil.copytree(ROOT / source, folder / target)
    about = folder / f"{PROJECT['name']}-{diagnosis.__version__}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(
        f"Metadata-Version: 2.4\nName: {PROJECT['name']}\nVersion: {diagnosis.__version__}\n"
    )
    scripts = [f"{name} = {target}" for name, target in PROJECT["scripts"].items()]
    (about / "entry_points.txt").write_text("\n".join(["[console_scripts]", *scripts, ""]))
    return folder


def test_what_the_package_says_of_itself_is_there() -> None:
    assert str(Version(diagnosis.__version__)) == diagnosis.__version__
    assert (ROOT / HATCH["version"]["path"]).samefile(diagnosis.__file__)
    assert (ROOT / PROJECT["readme"]).is_file()
    assert (ROOT / "diagnosis/py.typed").is_file()
    for file in HATCH["metadata"]["hooks"]["requirements_txt"]["files"]:
        lines = [line.split(" #")[0].strip() for line in (ROOT / file).read_text().splitlines()]
        assert [Requirement(line) for line in lines if line and line[0] not in "#-"]
    running = "{}.{}.{}".format(*sys.version_info)
    assert running in SpecifierSet(PROJECT["requires-python"])


def test_the_command_leads_to_the_command_line() -> None:
    from diagnosis.__main__ import main

    command = EntryPoint("scanline", PROJECT["scripts"]["scanline"], "console_scripts")
    assert command.load() is main


def test_in_a_checkout_the_assets_lie_beside_the_package() -> None:
    assert ASSETS == ROOT / "assets"
    assert (ASSETS / "models").is_dir()


def test_where_it_is_installed_the_command_lists_the_shipped_models(tmp_path: Path) -> None:
    """Nothing of the checkout is on the way: neither its folder nor what it holds beside the package."""
    site = installed(tmp_path / "site")
    (tmp_path / "elsewhere").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", RUN, "models", "list", "--json"],
        cwd=tmp_path / "elsewhere",
        env=os.environ | {"PYTHONPATH": str(site), "SCANLINE_HOME": str(tmp_path / "home")},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    listed = {(row["model"], row["version"]) for row in json.loads(done.stdout)}
    shipped = (path.parts[-3:] for path in store.SHIPPED.glob("*/*/*") if path.is_dir())
    assert listed == {(f"{dataset}/{variant}", version) for dataset, variant, version in shipped}
    assert done.stderr == f"{site}\n"
