"""A pytest plugin: nbval executes the cells, `tools.compare` compares their outputs.

Load it with ``-p tools.nbval_compare``. A cell tagged ``nbval-ignore-output`` is
executed and not compared, as without the plugin.
"""

from functools import partial

from nbval.plugin import IPyNbCell, IPyNbFile

from tools.compare import differences
from tools.execute import KERNEL_STARTS

# nbval gives a cell's outputs five seconds to arrive once the cell has ended.
OUTPUT_TIMEOUT_S = 60


def pytest_collection_modifyitems(items):
    for item in items:
        if isinstance(item, IPyNbCell):
            item.output_timeout = OUTPUT_TIMEOUT_S
            item.compare_outputs = partial(_compare_outputs, item)
            item.parent.setup = partial(start_kernel, item.parent)


def start_kernel(notebook: IPyNbFile) -> None:
    """Start a notebook's kernel, as `tools.execute` does: in several attempts.

    Raises RuntimeError if the last one fails.
    """
    for attempt in range(1, KERNEL_STARTS + 1):
        try:
            IPyNbFile.setup(notebook)
            return
        except RuntimeError:
            if attempt == KERNEL_STARTS:
                raise


def _compare_outputs(cell, outputs, reference):
    """Stand in for the method of nbval's cell; what it stores is what nbval reports."""
    cell.comparison_traceback = differences(reference, outputs)
    return not cell.comparison_traceback
