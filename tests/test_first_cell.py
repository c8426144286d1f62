"""The first cell of a notebook says what is missing, too old or in the way."""

import os
import shutil
import subprocess
import sys
import zipfile
from types import ModuleType

import nbformat
import pytest
from downhill import first_cell, notebooks

from tools import chapters, versions

SOURCE = "https://example.org/book/archive/abc.zip"
OURS = first_cell.edition_of(chapters.ROOT / "helpers")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder, from which alone `helpers` could be imported, as in no Colab."""
    monkeypatch.delitem(sys.modules, "helpers")
    monkeypatch.delenv("DOWNHILL_SOURCE", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    return tmp_path


@pytest.fixture
def installed(monkeypatch):
    """The versions that the first cell finds; empty means that nothing is installed."""
    found = {}

    def version(name):
        if name not in found:
            raise first_cell.metadata.PackageNotFoundError(name)
        return found[name]

    monkeypatch.setattr(first_cell.metadata, "version", version)
    return found


@pytest.fixture
def pip(folder, monkeypatch):
    """What pip was asked to install; it brings the book's helpers, and succeeds."""
    asked = []

    def run(command, **options):
        asked.append(command)
        if SOURCE in command:
            shutil.copytree(chapters.ROOT / "helpers", folder / "helpers")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(first_cell.subprocess, "run", run)
    return asked


@pytest.fixture
def colab(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))


@pytest.fixture
def helpers(folder):
    """The book's helpers, where they are found."""
    return shutil.copytree(chapters.ROOT / "helpers", folder / "helpers")


@pytest.mark.parametrize("version", ["2.4.0", "2.4.1", "2.13.0+cpu", "3.0.0rc1"])
def test_a_version_that_will_do_passes(helpers, installed, capsys, version):
    installed["torch"] = version
    first_cell.prepare({"torch": "2.4"}, OURS, SOURCE)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("version", [None, "2.3.1", "1.13.1+cu117", "2.3"])
def test_a_library_missing_or_too_old_gets_one_line_with_the_command(
    helpers, installed, monkeypatch, version
):
    monkeypatch.setattr(sys, "executable", "/opt/my python/bin/python")
    installed |= {"jax": "0.7.2"} | ({"torch": version} if version else {})
    with pytest.raises(ImportError) as error:
        first_cell.prepare({"jax": "0.7", "torch": "2.4"}, OURS, SOURCE)
    assert str(error.value) == (
        "Run this in a terminal, then restart the kernel: "
        '"/opt/my python/bin/python" -m pip install "torch>=2.4"'
    )


def test_without_the_helpers_the_command_gets_an_archive_and_needs_no_git(
    folder, installed
):
    with pytest.raises(ImportError) as error:
        first_cell.prepare({}, OURS, SOURCE)
    command = f"{sys.executable} -m pip install --no-deps --force-reinstall {SOURCE}"
    assert str(error.value).endswith(command)


@pytest.mark.parametrize("name", ["helpers.py", "helpers/__init__.py"])
def test_other_helpers_that_hide_the_books_are_named(folder, installed, name):
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("def plot(): ...\n")
    with pytest.raises(ImportError, match="hides the book's package helpers") as error:
        first_cell.prepare({}, OURS, SOURCE)
    assert str(folder / "helpers") in str(error.value)


def test_helpers_of_another_edition_are_noticed_and_used(helpers, installed, capsys):
    (helpers / "descent.py").write_text("# as it was last year\n")
    first_cell.prepare({}, OURS, SOURCE)
    said = capsys.readouterr().out
    assert said.startswith("Note: helpers are of another edition")
    assert said.strip().endswith(SOURCE)


def test_in_colab_the_helpers_and_small_packages_are_added(colab, pip, installed):
    installed["torch"] = "2.11.0"
    first_cell.prepare({"torch": "2.4", "palmerpenguins": "0.1.6"}, OURS, SOURCE)
    assert [command[-1] for command in pip] == ["palmerpenguins>=0.1.6", SOURCE]
    assert all("--no-deps" in command for command in pip)


def test_in_colab_a_library_that_is_too_old_is_not_touched(colab, pip, installed):
    installed["torch"] = "2.1.0"
    with pytest.raises(ImportError) as error:
        first_cell.prepare({"torch": "2.4", "jax": "0.7"}, OURS, SOURCE)
    assert str(error.value) == (
        "Run this in a new cell, then choose Runtime > Restart session: "
        '%pip install "torch>=2.4" "jax>=0.7"'
    )
    assert [command[-1] for command in pip] == [SOURCE]


def test_helpers_of_another_edition_are_renewed_in_colab(
    colab, pip, folder, installed, monkeypatch
):
    (folder / "helpers").mkdir()
    (folder / "helpers" / "__init__.py").write_text('"""Downhill, last year."""\n')
    monkeypatch.setattr(first_cell, "install", lambda *packages: pip.append(packages))
    first_cell.prepare({}, OURS, SOURCE)
    assert pip == [("--force-reinstall", SOURCE)]


def test_when_pip_fails_the_cell_stops_with_its_words(
    colab, folder, installed, monkeypatch
):
    failure = subprocess.CompletedProcess([], 1, "", "ERROR: no route to host\n")
    monkeypatch.setattr(first_cell.subprocess, "run", lambda *a, **k: failure)
    with pytest.raises(ImportError, match=r"could not install .*: ERROR: no route"):
        first_cell.prepare({}, OURS, SOURCE)


def test_an_edition_is_that_of_the_code_whatever_the_line_ends(helpers):
    path = helpers / "descent.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert first_cell.edition_of(helpers) == OURS
    path.write_text("x = 1\n")
    assert first_cell.edition_of(helpers) != OURS


def test_a_notebook_needs_what_its_code_and_the_helpers_import():
    code = (
        "import os\nimport jax.numpy as jnp\nfrom sklearn.svm import SVC\n"
        "from helpers import load_penguins\nload_penguins()"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    bounds = versions.lower_bounds()
    names = ["jax", "matplotlib", "numpy", "palmerpenguins", "pandas", "scikit-learn"]
    assert notebooks.needed(notebook) == {name: bounds[name] for name in names}


@pytest.fixture
def first(built_book):
    """The first cell of a notebook of the small book."""
    path = built_book.html / "notebooks" / "01_first.ipynb"
    cell = chapters.code_cells(nbformat.read(path, as_version=4))[0]
    assert cell.source.startswith("# Checks that this notebook has what it needs.")
    return cell


def run_alone(source, tmp_path, *options, **environment):
    """Run the code of a cell in a new interpreter, in an empty folder."""
    folder = tmp_path / "alone"
    folder.mkdir()
    return subprocess.run(
        [sys.executable, *options, "-c", source],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": "", **environment},
        capture_output=True,
        text=True,
    )


def test_the_cell_stops_where_nothing_is_installed(first, tmp_path):
    run = run_alone(first.source, tmp_path, "-I", "-S")
    assert run.returncode == 1
    libraries, helpers = run.stderr.strip().splitlines()[-2:]
    assert libraries.startswith("ImportError: Run this in a terminal")
    assert libraries.endswith('"matplotlib>=3.9" "numpy>=2.0" "pandas>=2.2.2"')
    assert helpers.endswith(".zip")


def test_the_cell_is_silent_where_everything_is_installed(first, tmp_path, wheel):
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    run = run_alone(first.source, tmp_path, PYTHONPATH=str(tmp_path / "site"))
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
