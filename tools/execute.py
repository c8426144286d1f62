"""Execute chapters, two at a time, and store their outputs under ``_build/executed``.

Run as ``python -m tools.execute [chapters/NN_name.py ...]``; without arguments it
takes every chapter of ``_toc.yml``. A chapter whose outputs are stored already is not
executed again. Exits with 1 if any chapter fails, every time.
"""

import atexit
import os
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat import NotebookNode

from tools import chapters

WORKERS = 2
CELL_TIMEOUT_S = 300
KERNEL_STARTS = 3

# One thread in every library: the order of a sum, and so its last digits, depends on
# the number of threads, and small arrays are faster on one.
ENVIRONMENT = {
    "DOWNHILL_STRICT": "1",
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "JAX_PLATFORMS": "cpu",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}


class ChapterError(Exception):
    """A chapter did not run to its end; the message says where and why."""


def kernel_environment(root: Path = chapters.ROOT) -> dict[str, str]:
    """The environment variables that every kernel of the book gets."""
    python_path = [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        **ENVIRONMENT,
        "PYTHONPATH": os.pathsep.join(python_path),
    }


def execute(path: Path) -> float:
    """Execute the chapter at `path` and store it; return the seconds it took.

    Raises ChapterError if a cell raises, writes to stderr, or takes too long.
    """
    notebook = chapters.parse_file(path)
    target = chapters.stored_path(path, notebook)
    start = time.perf_counter()
    try:
        run(notebook, path.parent)
    except CellExecutionError as error:
        raise ChapterError(_describe(path, notebook, str(error))) from error
    except (CellTimeoutError, RuntimeError) as error:
        raise ChapterError(f"{path.name}: {error}") from error
    seconds = time.perf_counter() - start
    if message := _stderr(notebook):
        raise ChapterError(_describe(path, notebook, f"wrote to stderr:\n{message}"))
    notebook.metadata["downhill"] = {"seconds": round(seconds, 1)}
    _write(notebook, target)
    return seconds


def run(
    notebook: NotebookNode,
    folder: Path,
    *,
    kernel: str = "python3",
    allow_errors: bool = False,
    **environment: str,
) -> None:
    """Execute `notebook` in place, in `folder`, with these environment variables too.

    `kernel` names a kernel that Jupyter knows. With `allow_errors` a cell that raises
    does not end the run; its output says what it raised.

    A kernel that does not start is tried again: kernels that start at the same moment
    can be given the same port.
    """
    for attempt in range(1, KERNEL_STARTS + 1):
        client = NotebookClient(
            notebook,
            timeout=CELL_TIMEOUT_S,
            kernel_name=kernel,
            allow_errors=allow_errors,
            resources={"metadata": {"path": str(folder)}},
            record_timing=False,
            coalesce_streams=True,
            extra_arguments=["--log-level=ERROR"],
        )
        try:
            client.execute(env={**kernel_environment(), **environment})
            return
        except RuntimeError:  # a dead kernel too
            # The client registered this, and it fails without a kernel.
            atexit.unregister(client._cleanup_kernel)
            if client.code_cells_executed > 0 or attempt == KERNEL_STARTS:
                raise


def execute_all(paths: list[Path]) -> bool:
    """Execute those of `paths` that need it, report each; return whether all ran."""
    pending = [path for path in paths if not _is_stored(path)]
    if len(pending) < len(paths):
        print(f"{len(paths) - len(pending)} of {len(paths)} chapters are up to date.")
    failed = 0
    pool = ThreadPoolExecutor(max_workers=WORKERS)
    runs = {pool.submit(execute, path): path for path in pending}
    try:
        for count, run in enumerate(as_completed(runs), start=1):
            progress = f"[{count}/{len(pending)}] {runs[run].stem}"
            try:
                print(f"{progress}: {run.result():.1f} s", flush=True)
            except ChapterError as error:
                failed += 1
                print(f"{progress}: FAILED\n{error}", file=sys.stderr, flush=True)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return failed == 0


def remove_stale(paths: list[Path]) -> None:
    """Delete stored outputs that belong to no present chapter."""
    current = {chapters.stored_path(path, chapters.parse_file(path)) for path in paths}
    for stored in chapters.STORE.glob("*/*"):
        if stored not in current:
            stored.unlink()
    for folder in chapters.STORE.glob("*"):
        if not any(folder.iterdir()):
            folder.rmdir()


def _is_stored(path: Path) -> bool:
    notebook = chapters.parse_file(path)
    return chapters.stored_path(path, notebook).is_file()


def _stderr(notebook: NotebookNode) -> str:
    return "".join(
        output.text
        for cell in chapters.code_cells(notebook)
        for output in cell.outputs
        if output.output_type == "stream" and output.name == "stderr"
    )


def _describe(path: Path, notebook: NotebookNode, message: str) -> str:
    """Name the script's line at which the last executed cell begins."""
    executed = [
        index
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and cell.get("outputs")
    ]
    where = path.name
    lines = notebook.metadata.get("source_map")
    if executed and lines:
        where += f", cell at line {lines[executed[-1]] + 1}"
    plain = re.sub(r"\x1b\[[0-9;]*m", "", message)
    return f"{where}\n{plain}"


def _write(notebook: NotebookNode, target: Path) -> None:
    """Write the whole file or nothing, so that an interrupted build leaves no half."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    nbformat.write(notebook, partial)
    os.replace(partial, target)


def main(arguments: list[str]) -> int:
    paths = [Path(name).resolve() for name in arguments] or chapters.chapter_paths()
    for path in paths:
        if not path.is_file():
            print(f"There is no chapter {path}", file=sys.stderr)
            return 1
    return 0 if execute_all(paths) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
