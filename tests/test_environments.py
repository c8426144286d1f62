"""The notebooks run with the oldest libraries that the book allows, and Colab's."""

import os
import sys
import tomllib

import nbformat
import pytest

from tools import environments, execute, notebooks, versions
from tools.chapters import ROOT

REQUIRED = os.environ.get("DOWNHILL_REQUIRE_ENVIRONMENTS") == "1"


@pytest.mark.parametrize("name", ["oldest", "colab"])
def test_a_sample_of_the_notebooks_runs_and_every_sentence_holds(site, wheel, name):
    wanted = environments.read_sets()[name]
    try:
        environment = environments.make(wanted)
    except environments.InstallError as error:
        if REQUIRED:
            raise
        pytest.skip(f"the set {name} is not installed: {error}")
    environments.install_helpers(environment.python, wheel)
    runs = environments.run_notebooks(wanted, environment, environments.sample())
    print(environments.report({name: runs}, {name: environment}))
    assert [str(run) for run in runs] == ["ok"] * len(runs)


def test_the_oldest_set_has_each_lower_bound_exactly():
    bounds = versions.lower_bounds()
    assert environments.read_sets()["oldest"].versions == bounds
    assert bounds["numpy"].startswith("2.")


def test_the_helpers_ask_for_the_same_versions_as_the_chapters():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    bounds = versions.lower_bounds()
    for line in project["project"]["dependencies"]:
        name, _, oldest = line.partition(">=")
        assert bounds[name] == oldest


def test_colabs_versions_are_none_older_than_the_oldest():
    bounds = versions.lower_bounds()
    for name, version in environments.read_sets()["colab"].versions.items():
        if version and name in bounds:
            assert numbers(version) >= numbers(bounds[name]), name


def numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def test_every_tested_version_is_none_older_than_the_oldest():
    tested = versions.locked()
    for name, oldest in versions.lower_bounds().items():
        assert numbers(tested[name]) >= numbers(oldest), name


def test_a_requirement_of_another_form_is_named(tmp_path):
    path = tmp_path / "requirements.txt"
    path.write_text("# a comment\n\nnumpy>=2.0\ntorch\n")
    with pytest.raises(ValueError, match="found 'torch'"):
        versions.lower_bounds(path)


def notebook_of(folder, *sources, tags=()):
    cells = [
        nbformat.v4.new_code_cell(source, id=f"c{n}", metadata={"tags": list(tags)})
        for n, source in enumerate(sources)
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "n.ipynb")


@pytest.fixture
def here():
    """The running interpreter as a set, with one environment variable."""
    wanted = environments.VersionSet("here", "", "", None, {"COLOR": "blue"})
    return wanted, environments.Environment(sys.executable, {}, [])


def test_a_failed_cell_and_a_note_are_reported_with_their_cells(tmp_path, here):
    notebook_of(
        tmp_path,
        "1 / 0",
        "import os; print(os.environ['COLOR'], os.listdir())",
        "print('Note on “Two”: the page says “2”, but this run computed 3. More.')",
        "print('Note: the page says more.'); print('Notes are not notes.')",
    )
    (run,) = environments.run_notebooks(*here, ["n"], tmp_path)
    assert run.failed == ["c0: ZeroDivisionError: division by zero"]
    assert [note.partition(":")[0] for note in run.notes] == ["c2", "c3"]
    assert str(run) == "1 failed, 2 notes"
    stand_in = environments.Environment(sys.executable, {"numpy": "2.0"}, ["a for b"])
    text = environments.report({"here": [run]}, {"here": stand_in})
    assert "== here: numpy 2.0\n   stands in: a for b\n   n: 1 failed, 2 notes" in text
    assert "this run computed 3" in text


def test_a_notebook_runs_alone_and_as_a_reader_runs_it(tmp_path, here, monkeypatch):
    monkeypatch.setenv("DOWNHILL_STRICT", "1")
    notebook_of(
        tmp_path,
        "import os, sys; assert os.listdir() == []; assert os.environ['COLOR']",
        "assert os.environ['DOWNHILL_STRICT'] != '1'",
        f"assert {str(ROOT)!r} not in sys.path",
    )
    (run,) = environments.run_notebooks(*here, ["n"], tmp_path)
    assert str(run) == "ok", run.failed


def test_an_error_that_the_chapter_wants_is_none(tmp_path, here):
    notebook_of(tmp_path, "1 / 0", tags=["raises-exception"])
    (run,) = environments.run_notebooks(*here, ["n"], tmp_path)
    assert str(run) == "ok"


def test_a_kernel_that_dies_is_a_failure_and_not_a_crash(tmp_path, here):
    notebook_of(tmp_path, "import os; os._exit(3)")
    (run,) = environments.run_notebooks(*here, ["n"], tmp_path)
    assert "the kernel stopped" in run.failed[0]


def test_a_version_that_cannot_be_had_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(environments, "FOLDER", tmp_path)
    monkeypatch.setattr(
        environments, "_pip_failure", lambda *a, **k: "ERROR: no network"
    )
    wanted = environments.VersionSet("x", "", "3.11", {"torch": "2.4", "numpy": "2.0"})
    with pytest.raises(environments.InstallError, match=r"numpy==2\.0.*no network"):
        environments.make(wanted)
    assert not (tmp_path / "x" / "downhill-installed").exists()


def test_the_locked_set_is_that_of_the_book_and_is_made_once(tmp_path, monkeypatch):
    monkeypatch.setattr(environments, "FOLDER", tmp_path)
    wanted = environments.read_sets()["locked"]
    first = environments.make(wanted)
    assert first.versions["numpy"] == versions.locked()["numpy"]
    (tmp_path / "locked" / "mark").touch()
    assert environments.make(wanted) == first
    assert (tmp_path / "locked" / "mark").exists()


def test_each_processor_set_keeps_what_the_book_needs_of_a_kernel():
    for wanted in environments.read_sets().values():
        assert set(wanted.environment) <= {
            *execute.ENVIRONMENT,
            "OPENBLAS_CORETYPE",
            "ATEN_CPU_CAPABILITY",
        }


def test_binder_gets_the_tested_versions_and_the_helpers_of_the_commit(tmp_path):
    notebooks.write_environment(tmp_path)
    lines = (tmp_path / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert f"numpy=={versions.locked()['numpy']}" in lines
    assert lines[-1].startswith("https://github.com/")
    assert lines[-1].endswith(f"/archive/{notebooks.chapters.commit()}.zip")
    assert (tmp_path / "runtime.txt").read_text() == "python-3.11\n"
