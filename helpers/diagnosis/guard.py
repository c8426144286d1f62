"""Run a stranger's code: for a limited time, quietly, and leaving nothing changed."""

import contextlib
import io
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np


class OutOfTimeError(BaseException):
    """Raised inside a loop that has used up its time.

    A BaseException, so that a loop's own `except Exception` does not swallow it.
    """


@dataclass
class Ran:
    """What became of one call: its value, or the error that ended it."""

    value: Any = None
    error: str = ""  # one line: the type and the message
    hung: bool = False


def run(call: Callable[[], Any], seconds: float, seed: int) -> Ran:
    """Call `call()`, seeded, for at most `seconds`, without output or warnings.

    On the main thread of a system with SIGALRM the limit is an alarm. Elsewhere the
    call runs on a daemon thread, which is sent an exception when its time is up.
    The states of the global generators, PyTorch's default type and gradient mode, and
    the alarm are as they were when this returns.
    """
    with quiet(), unchanged(), seeded(seed):
        try:
            return Ran(_limited(call, seconds))
        except OutOfTimeError:
            return Ran(error=f"no result after {seconds:g} s", hung=True)
        except (Exception, SystemExit) as error:
            text = " ".join(str(error).split())[:160]
            return Ran(error=f"{type(error).__name__}: {text}" if text else repr(error))


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Swallow what is printed, and warnings."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def unchanged() -> Iterator[None]:
    """Give the global state of Python, NumPy and PyTorch back as it was."""
    torch = sys.modules.get("torch")
    python, legacy = random.getstate(), np.random.get_state()
    if torch:
        generator = torch.get_rng_state()
        dtype, gradients = torch.get_default_dtype(), torch.is_grad_enabled()
    try:
        if torch:
            torch.set_grad_enabled(True)
        yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)
        if torch:
            torch.set_rng_state(generator)
            torch.set_default_dtype(dtype)
            torch.set_grad_enabled(gradients)


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed the global generators, and those that are made without a seed."""
    random.seed(seed)
    np.random.seed(seed)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(seed)
    original, made = np.random.default_rng, 0

    def default_rng(given: Any = None) -> np.random.Generator:
        nonlocal made
        if given is not None:
            return original(given)
        made += 1
        return original([seed, made])

    np.random.default_rng = default_rng
    try:
        yield
    finally:
        np.random.default_rng = original


def _limited(call: Callable[[], Any], seconds: float) -> Any:
    on_main = threading.current_thread() is threading.main_thread()
    if not (on_main and hasattr(signal, "setitimer")):
        return _on_a_thread(call, seconds)

    def ring(number: int, frame: Any) -> None:
        raise OutOfTimeError

    before = signal.signal(signal.SIGALRM, ring)
    remaining = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return call()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *remaining)


def _on_a_thread(call: Callable[[], Any], seconds: float) -> Any:
    import ctypes

    outcome: list[tuple[bool, Any]] = []

    def target() -> None:
        try:
            outcome.append((True, call()))
        except BaseException as error:
            outcome.append((False, error))

    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident or 0), ctypes.py_object(OutOfTimeError)
        )
        thread.join(1)
        raise OutOfTimeError
    succeeded, value = outcome[0]
    if succeeded:
        return value
    raise value
