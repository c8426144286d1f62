"""The set-up says in one line what to do when it cannot go on."""

import subprocess
import sys

import pytest

from tools import bootstrap


def test_a_python_that_is_too_old_is_named():
    with pytest.raises(bootstrap.SetupError, match=r"Python 3\.10.*3\.11 or newer"):
        bootstrap.check_python((3, 10, 14))


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 1), (3, 14, 0), (4, 0, 0)])
def test_a_python_that_is_new_enough_passes(version):
    bootstrap.check_python(version)


def test_a_full_disk_is_named():
    with pytest.raises(bootstrap.SetupError, match=r"1\.0 GB free"):
        bootstrap.check_disk(1_000_000_000)
    bootstrap.check_disk(100_000_000_000)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A folder with requirements and no .venv."""
    (tmp_path / "tools").mkdir()
    for name in [*bootstrap.REQUIREMENTS, bootstrap.CONSTRAINTS]:
        (tmp_path / name).write_text("")
    monkeypatch.setattr(bootstrap, "ROOT", str(tmp_path))
    monkeypatch.setattr(bootstrap, "VENV", str(tmp_path / ".venv"))
    monkeypatch.setattr(
        bootstrap, "STAMP", str(tmp_path / ".venv" / "downhill-installed")
    )
    return tmp_path


def test_a_failed_download_is_not_taken_for_an_installation(
    checkout, monkeypatch, capsys
):
    attempts = []

    def fail(*arguments):
        attempts.append(arguments)
        raise bootstrap.SetupError("pip failed (see above)")

    monkeypatch.setattr(bootstrap, "pip", fail)
    for attempt in (1, 2):
        assert bootstrap.main() == 1
        assert len(attempts) == attempt
        assert "pip failed" in capsys.readouterr().err
        assert bootstrap.installed() is None


def test_an_installation_is_made_once_and_again_when_a_version_changes(
    checkout, monkeypatch
):
    calls = []
    monkeypatch.setattr(bootstrap, "pip", lambda *arguments: calls.append(arguments))
    assert bootstrap.main() == 0
    done = len(calls)
    assert done > 0
    assert bootstrap.main() == 0
    assert len(calls) == done
    (checkout / bootstrap.CONSTRAINTS).write_text("numpy==2.4.6\n")
    assert bootstrap.main() == 0
    assert len(calls) > done


def test_a_broken_environment_is_made_anew(checkout, monkeypatch):
    monkeypatch.setattr(bootstrap, "pip", lambda *arguments: None)
    broken = checkout / ".venv" / "bin"
    broken.mkdir(parents=True)
    (broken / "python").write_text("#!/bin/sh\nexit 1\n")
    (broken / "python").chmod(0o755)
    assert bootstrap.main() == 0
    version = subprocess.check_output([bootstrap.venv_python(), "--version"], text=True)
    assert version.split()[1] == sys.version.split()[0]


def test_pip_failing_says_that_the_run_can_be_repeated(checkout, monkeypatch):
    monkeypatch.setattr(bootstrap.subprocess, "call", lambda *args, **kwargs: 1)
    with pytest.raises(bootstrap.SetupError, match="run the command again"):
        bootstrap.pip("install")
