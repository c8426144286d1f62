"""Set up ``.venv`` with the tested versions; do nothing if it is set up already.

Run with any Python 3.11 or newer: ``python tools/bootstrap.py``. It uses the standard
library only, and a syntax that older Pythons understand, to be able to tell them.
"""

import hashlib
import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
NEEDED_GB = 4
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
STAMP = os.path.join(VENV, "downhill-installed")
REQUIREMENTS = ["requirements.txt", os.path.join("tools", "requirements.txt")]
CONSTRAINTS = "constraints.txt"
# PyPI's PyTorch for Linux brings several GB of CUDA libraries; this index has it
# without them.
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"


class SetupError(Exception):
    """The set-up cannot go on; the message says what to do."""


def main():
    """Bring ``.venv`` up to date; return 0, or 1 after one line on what to do."""
    try:
        check_python(sys.version_info)
        wanted = fingerprint()
        if installed() == wanted:
            return 0
        check_disk(shutil.disk_usage(ROOT).free)
        make_venv()
        install()
        with open(STAMP, "w") as stamp:
            stamp.write(wanted)
    except SetupError as error:
        print(f"Set-up stopped: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nSet-up interrupted. Run the command again to go on.", file=sys.stderr)
        return 130
    print("Set-up done.")
    return 0


def check_python(version):
    """Raise SetupError if `version`, such as sys.version_info, is too old."""
    if tuple(version[:2]) < OLDEST:
        raise SetupError(
            f"this is Python {version[0]}.{version[1]}, and the book needs "
            f"{OLDEST[0]}.{OLDEST[1]} or newer. Install one "
            "(https://www.python.org/downloads/) and name it: "
            "make book PYTHON=python3.12"
        )


def check_disk(free_bytes):
    """Raise SetupError if too little disk space is left to install everything."""
    free_gb = free_bytes / 1e9
    if free_gb < NEEDED_GB:
        raise SetupError(
            f"the disk has {free_gb:.1f} GB free, and the libraries need about "
            f"{NEEDED_GB} GB. Free some space and run the command again."
        )


def fingerprint():
    """A hash of what is to be installed and with which Python."""
    digest = hashlib.sha256(sys.version.encode())
    for name in [*REQUIREMENTS, CONSTRAINTS]:
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def installed():
    """The fingerprint of the last complete installation, or None."""
    if not os.path.exists(venv_python()) or not os.path.exists(STAMP):
        return None
    with open(STAMP) as stamp:
        return stamp.read()


def venv_python():
    """The interpreter inside ``.venv``."""
    if os.name == "nt":
        return os.path.join(VENV, "Scripts", "python.exe")
    return os.path.join(VENV, "bin", "python")


def make_venv():
    """Create ``.venv`` unless it is there and works with this version of Python."""
    if os.path.exists(STAMP):
        os.remove(STAMP)
    same_python = f"import sys; sys.exit(sys.version != {sys.version!r})"
    if os.path.exists(venv_python()):
        if subprocess.call([venv_python(), "-c", same_python]) == 0:
            return
        shutil.rmtree(VENV)
    print(f"Creating .venv with Python {sys.version.split()[0]}")
    created = subprocess.call([sys.executable, "-m", "venv", VENV])
    if created != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        raise SetupError(
            "could not create .venv. On Debian and Ubuntu the module is a package of "
            "its own: sudo apt install python3-venv"
        )


def install():
    """Install the tested versions with pip; raises SetupError if it fails."""
    print("Installing the libraries into .venv (once; about 2 GB)", flush=True)
    if sys.platform == "linux":
        index = ["--extra-index-url", TORCH_CPU_INDEX, "--retries", "1"]
        pip("install", "--no-deps", *index, "-c", CONSTRAINTS, "torch")
    wanted = [word for name in REQUIREMENTS for word in ("-r", name)]
    pip("install", "-c", CONSTRAINTS, *wanted)


def pip(*arguments):
    """Run the pip of ``.venv``, quietly; raises SetupError if it fails."""
    command = [venv_python(), "-m", "pip", "--disable-pip-version-check", *arguments]
    command += ["--quiet", "--no-warn-script-location"]
    if subprocess.call(command, cwd=ROOT) != 0:
        raise SetupError(
            "pip failed (see above). If a download broke off, check the network and "
            "run the command again: what has been downloaded is kept."
        )


if __name__ == "__main__":
    sys.exit(main())
