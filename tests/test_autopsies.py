"""The page Autopsies: what its loops are said to suffer from is what they suffer from.

Loops are taken from the page itself: its cells tagged `autopsy` run alone, in an empty
namespace. `FIXES` applies to each wrong loop the fix that its entry prints.
"""

import ast
import contextlib
import copy
import io
import re

import numpy as np
import pytest
import torch

from helpers import diagnose
from helpers.diagnosis import FAULTS
from tools import chapters

PAGE = chapters.ROOT / "appendix" / "autopsies.py"
TEXT = PAGE.read_text(encoding="utf-8")
NOTEBOOK = chapters.parse(TEXT)
CELLS = chapters.tagged_code(NOTEBOOK, "autopsy")
SEEDS = range(10)
ENDS = {"crashes", "not-finite"}  # described where a report is read
NOT_SHOWN = {"wrong-score", "unscaled-features", "model-rebuilt"}  # no loop of the page


def _entries() -> dict[str, str]:
    """The prose of each entry, by its label."""
    prose = "\n".join(c.source for c in NOTEBOOK.cells if c.cell_type == "markdown")
    pieces = re.split(r"^\((autops[\w-]+)\)=$", prose, flags=re.M)[1:]
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


SECTIONS = _entries()
ENTRIES = {k: v for k, v in SECTIONS.items() if k.startswith("autopsy-")}


def _functions() -> dict[str, str]:
    """The source of every function of the tagged cells."""
    found = {}
    for cell in CELLS:
        for node in ast.parse(cell).body:
            if isinstance(node, ast.FunctionDef):
                found[node.name] = ast.get_source_segment(cell, node)
    return found


FUNCTIONS = _functions()
MEND = "return w - lr * 2 / len(y) * X.T @ r"
R2 = "r2_score(y_true=truth, y_pred=prediction)"
BATCHES = "for k in range(0, len(y), batch_size):"
ORDER = (
    "order = rng.permutation(len(y))\n"
    f"        {BATCHES}\n"
    "            rows = order[k : k + batch_size]\n"
    "            w = step(w, X[rows], y[rows], lr)"
)

# Of each wrong loop: its entry, the faults, and what of it is replaced by what.
FIXES = {
    "no_step": (
        "forgotten",
        "nothing-moves",
        "mse_loss(model(x), y).backward()",
        "loss = mse_loss(model(x), y)\n"
        "        loss.backward()\n        optimizer.step()",
    ),
    "cleared_early": (
        "cleared",
        "cleared-before-step",
        "optimizer.zero_grad()\n        optimizer.step()",
        "optimizer.step()\n        optimizer.zero_grad()",
    ),
    "schedule_steps": (
        "schedule",
        "schedule-for-optimizer",
        "schedule.step()",
        "optimizer.step()",
    ),
    "made_anew": (
        "detached",
        "detached-loss",
        "loss = mse_loss(model(x), y).item()\n"
        "        loss = torch.tensor(loss, requires_grad=True)",
        "loss = mse_loss(model(x), y)",
    ),
    "whole_numbers": (
        "integers",
        "integer-parameters",
        "np.array([0] * X.shape[1])",
        "np.array([0.0] * X.shape[1])",
    ),
    "uphill": ("sign", "wrong-sign", MEND.replace("- lr", "+ lr"), MEND),
    "summed": ("sum", "sum-for-mean", MEND.replace(" / len(y)", ""), MEND),
    "divided_again": (
        "divided",
        "mean-divided-again",
        "return w - lr * gradient / len(y)",
        "return w - lr * gradient",
    ),
    "one_entry": ("entry", "entry-for-column", "X[1, j]", "X[:, j]"),
    "squared_twice": ("entry", "wrong-step", "r = (X @ w - y) ** 2", "r = X @ w - y"),
    "in_turn": (
        "turn",
        "in-turn-updates",
        "    for j in range(len(w)):\n        r = X @ w - y\n",
        "    r = X @ w - y\n    for j in range(len(w)):\n",
    ),
    "slopes_only": (
        "intercept",
        "no-intercept",
        "w[1:] = step(w, X, y, lr)[1:]",
        "w[:] = step(w, X, y, lr)",
    ),
    "every_pair": ("broadcast", "broadcast-loss", "model(X) - y", "model(X)[:, 0] - y"),
    "in_order": (
        "order",
        "unshuffled",
        f"{BATCHES}\n"
        "            rows = slice(k, k + batch_size)\n"
        "            w = step(w, X[rows], y[rows], lr)",
        ORDER,
    ),
    "reseeded": (
        "reseeded",
        "same-shuffle",
        "    for _ in range(epochs):\n        rng = np.random.default_rng(0)\n",
        "    rng = np.random.default_rng(0)\n    for _ in range(epochs):\n",
    ),
    "torn": (
        "apart",
        "rows-apart",
        "w = step(w, X[rows], y, lr)",
        "w = step(w, X[rows], y[rows], lr)",
    ),
    "whole_only": (
        "remainder",
        "unshuffled remainder-dropped",
        "for b in range(len(y) // batch_size):\n"
        "            k = b * batch_size\n"
        "            rows = slice(k, k + batch_size)\n"
        "            w = step(w, X[rows], y[rows], lr)",
        ORDER,
    ),
    "all_rows": (
        "rows",
        "all-rows-every-batch",
        "for _ in range(0, len(y), batch_size):\n"
        "            w = step(w, X[indices], y[indices], lr)",
        ORDER,
    ),
    "one_row_apart": (
        "rows",
        "overlapping-batches",
        "for k in range(len(y) // batch_size + 1):",
        BATCHES,
    ),
    "first_batch": (
        "rows",
        "fixed-batch",
        "for _ in range(0, len(y), batch_size):\n"
        "            rows = slice(batch_size)\n"
        "            w = step(w, X[rows], y[rows], lr)",
        ORDER,
    ),
    "never_cleared": (
        "zero-grad",
        "gradients-accumulate",
        "        mse_loss",
        "        optimizer.zero_grad()\n        mse_loss",
    ),
    "cleared_once": (
        "once",
        "cleared-once-an-epoch",
        "    optimizer.zero_grad()\n    for x, y in loader:\n",
        "    for x, y in loader:\n        optimizer.zero_grad()\n",
    ),
    "one_array": (
        "record",
        "aliased-record",
        "path.append(w)",
        "path.append(w.copy())",
    ),
    "keeps_graphs": (
        "graphs",
        "graph-kept",
        "total += loss",
        "total += loss.item()",
    ),
    "score_as_it_is": (
        "mode",
        "scored-in-training-mode",
        "    with torch",
        "    model.eval()\n    with torch",
    ),
    "never_back": (
        "mode",
        "trained-in-eval-mode",
        "    epoch(",
        "    model.train()\n    epoch(",
    ),
    "swapped": ("r2", "r2-swapped", "r2_score(prediction, truth)", R2),
    "no_offset": (
        "r2",
        "explained-variance",
        "1 - left / np.var(truth)",
        R2,
    ),
    "no_scale": (
        "r2",
        "squared-correlation",
        "r[0, 1] ** 2",
        R2,
    ),
    "a_step_late": (
        "best",
        "best-of-another-step",
        "        w = step(w, X, y, lr)\n"
        "        if loss < best_loss:\n            best_loss, best_w = loss, w\n",
        "        if loss < best_loss:\n            best_loss, best_w = loss, w\n"
        "        w = step(w, X, y, lr)\n",
    ),
    "not_copied": (
        "best",
        "best-not-copied",
        "best = model.state_dict()",
        "best = copy.deepcopy(model.state_dict())",
    ),
    "nothing_kept": (
        "best",
        "best-loss-last-parameters",
        "return w, min(losses)",
        "return w, np.mean((X @ w - y) ** 2)",
    ),
    "filled": (
        "missing",
        "nan-hidden",
        "X, y = np.nan_to_num(X), np.nan_to_num(y)",
        "keep = np.isfinite(X).all(axis=1) & np.isfinite(y)\n"
        "    X, y = X[keep], y[keep]",
    ),
    "own_scale": (
        "fresh",
        "fresh-rows-own-scale",
        "standardize(X_test)",
        "(X_test - X_train.mean(axis=0)) / X_train.std(axis=0)",
    ),
    "from_all_rows": (
        "leak",
        "scale-from-all-rows",
        "standardize(rows)",
        "(rows - X_train.mean(axis=0)) / X_train.std(axis=0)",
    ),
}
IN_WORDS = {"a_step_late", "from_all_rows"}
SOUND = ["step", "epoch", "shuffled"]
BY_A_LINE = {
    "budget", "dead", "device", "late-nan", "leaf", "log", "nan", "noise", "output",
    "rate", "rebuilt", "scale", "schedule-batch", "second", "seed", "softmax",
    "vanish", "verdict",
}  # fmt: skip


@pytest.fixture(scope="module")
def page():
    namespace = {"copy": copy}
    kinds = ast.Import | ast.ImportFrom | ast.FunctionDef
    for source in CELLS:
        body = [node for node in ast.parse(source).body if isinstance(node, kinds)]
        exec(compile(ast.Module(body, []), PAGE.name, "exec"), namespace)
    return namespace


def fixed(page, name: str):
    """The wrong loop with the fix of its entry."""
    _, _, old, new = FIXES[name]
    assert FUNCTIONS[name].count(old) == 1
    source = FUNCTIONS[name].replace(old, new)
    if "rng." in source and "default_rng" not in source and ", rng)" not in source:
        source = source.replace("batch_size):", "batch_size, rng):", 1)
    namespace = dict(page)
    exec(compile(source, PAGE.name, "exec"), namespace)
    return namespace[name]


def test_the_page_asks_about_its_wrong_and_its_sound_loops_only():
    shown = "\n".join(cell.source for cell in chapters.shown_code_cells(NOTEBOOK))
    asked = set(re.findall(r"^ask\((\w+)\)$", shown.partition("ex-autops")[0], re.M))
    in_exercises = {"two_faults"}
    assert asked - in_exercises - {"train"} <= {*FIXES, *SOUND}
    assert len(asked & {*FIXES}) >= 5


def test_every_entry_has_a_wrong_loop_or_a_check_in_a_line():
    of_loops = {entry for entry, *_ in FIXES.values()}
    assert {f"autopsy-{name}" for name in of_loops | BY_A_LINE} == set(ENTRIES)


@pytest.mark.parametrize("name", FIXES)
def test_the_wrong_loop_is_implicated_under_the_names_of_its_entry(page, name):
    _, faults, _, _ = FIXES[name]
    for seed in SEEDS:
        report = diagnose(page[name], seed=seed)
        assert set(report.implied) == set(faults.split()), (seed, report.text())
        assert not report.one_of
        assert not report.trouble


@pytest.mark.parametrize("name", FIXES)
def test_the_loop_with_the_fix_passes(page, name):
    right = fixed(page, name)
    for seed in SEEDS:
        report = diagnose(right, seed=seed)
        assert report.sound, (seed, report.text())


@pytest.mark.parametrize("name", SOUND)
def test_the_sound_loops_of_the_page_pass(page, name):
    for seed in SEEDS:
        assert diagnose(page[name], seed=seed).sound, seed


@pytest.mark.parametrize("name", FIXES)
def test_the_entry_prints_the_fix_that_is_applied(name):
    entry, _, _, new = FIXES[name]
    fix = ENTRIES[f"autopsy-{entry}"].partition("**Fix.**")[2]
    assert fix
    snippets = [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", fix)]
    applied = " ".join(new.split())
    assert name in IN_WORDS or any(s in applied for s in snippets if len(s) > 2)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_of_a_report_has_its_entry(fault):
    if fault in ENDS:
        assert f"`{fault}`" in SECTIONS["autopsies-ask"]
        return
    holders = {name for name, prose in ENTRIES.items() if f"`{fault}`" in prose}
    assert len(holders) == 1
    shown = {e for e, names, _, _ in FIXES.values() if fault in names.split()}
    assert holders <= {f"autopsy-{entry}" for entry in shown} or fault in NOT_SHOWN


def test_every_symptom_leads_to_entries_that_exist():
    rows = re.findall(r"^: (.+(?:\n  .+)*)", SECTIONS["autopsies-symptoms"], re.M)
    assert len(rows) > 30
    for row in rows:
        linked = re.findall(r"\{ref\}`[^`<]+<([\w-]+)>`", row)
        assert linked
        assert set(linked) <= set(SECTIONS)


def test_every_entry_is_reached_from_a_symptom():
    table = SECTIONS["autopsies-symptoms"]
    assert all(f"<{name}>" in table for name in ENTRIES)


def cells_of_entries() -> dict[str, list[str]]:
    """The cells of each entry that its reader sees."""
    found, label = {name: [] for name in ENTRIES}, ""
    for cell in NOTEBOOK.cells:
        if cell.cell_type == "markdown":
            begun = re.findall(r"^(?:\((.+)\)=|## .*)$", cell.source, re.M)
            label = begun[-1] if begun else label
        elif label in found and chapters.is_shown(cell):
            found[label].append(cell.source)
    return found


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_reader_can_enter_at_the_entry(page, entry, capsys):
    cells, namespace = cells_of_entries()[entry], dict(page)
    assert cells
    for source in cells:
        exec(compile(source, PAGE.name, "exec"), namespace)
    printed = capsys.readouterr().out
    assert all(len(line) <= 44 for line in printed.splitlines())  # fits on a telephone


def shown_cell(start: str) -> str:
    """The shown cell that has the line `start`."""
    cells = [c.source for c in chapters.shown_code_cells(NOTEBOOK)]
    (cell,) = [cell for cell in cells if start in cell.splitlines()]
    return cell


@pytest.mark.parametrize("seed", SEEDS)
def test_a_log_at_rate_zero_tells_other_logs_from_the_loss_of_all_rows(page, seed):
    X, y = page["line_data"](seed)
    rng = np.random.default_rng(seed)
    loss = np.mean(y**2)
    logs = page["two_logs"](np.zeros(2), X, y, 0.0, rng)
    assert all(abs(log / loss - 1) > 0.001 for log in logs)
    order = rng.permutation(100)
    batches = [order[k : k + 32] for k in range(0, 100, 32)]
    losses, sizes = zip(*((np.mean(y[b] ** 2), len(b)) for b in batches), strict=True)
    assert np.isclose(np.average(losses, weights=sizes), loss)


def test_only_a_grid_through_the_origin_has_a_height_that_is_not_finite(page):
    for n in range(4, 14):
        side = torch.arange(n) - (n - 1) / 2
        right = torch.sinc(torch.hypot(side[:, None], side) / torch.pi)
        heights = page["heights"](side)
        assert heights.isfinite().all() == (n % 2 == 0)
        assert right.isfinite().all()
        known = heights.isfinite()
        torch.testing.assert_close(heights[known], right[known], atol=1e-6, rtol=0)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_limits_of_the_learning_rate_show_unequal_scales(seed):
    x = np.random.default_rng(seed).uniform(0, 1000, 50)
    scaled = (x - x.mean()) / x.std()
    raw, right = (
        2 / np.linalg.eigvalsh(2 / 50 * X.T @ X)
        for X in (np.column_stack([np.ones(50), column]) for column in (x, scaled))
    )
    assert raw.min() < 1e-5 < 0.1 < right.min()
    assert raw.max() / raw.min() > 1000 > 2 > right.max() / right.min()


def test_a_row_on_both_sides_of_a_split_is_counted(page):
    cell = shown_cell("X_train, X_test = X[:80], X[70:]")
    lines = cell.partition("X, y = line_data()")[2]
    for stop, first, expected in ((80, 70, 10), (80, 80, 0)):
        namespace = dict(page)
        X, _ = page["line_data"]()
        code = lines.replace("X[:80], X[70:]", f"X[:{stop}], X[{first}:]")
        with contextlib.redirect_stdout(io.StringIO()):
            exec(code, {**namespace, "X": X}, scope := {})
        assert len(scope["both"]) == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_double_the_epochs_tell_a_run_that_was_stopped_too_early(page, seed):
    X, y = page["line_data"](seed)

    def loss(epochs, size):
        rng = np.random.default_rng(seed)
        w = page["shuffled"](np.zeros(2), X, y, 0.05, epochs, size, rng)
        return np.mean((X @ w - y) ** 2)

    assert loss(20, 100) < 0.7 * loss(10, 100)
    for size in (100, 10):
        updates = 300  # for both
        assert loss(2 * updates * size // 100, size) > 0.9 * loss(
            updates * size // 100, size
        )


def test_losses_of_both_kinds_tell_under_fitted_from_over_fitted(page):
    cell = shown_cell("for n in (15, 1000):")
    rose = 0
    for seed in SEEDS:
        code = cell.replace("line_data(n=n)", f"line_data({seed}, n=n)")
        code = code.replace("line_data(seed=1000)", f"line_data({1000 + seed})")
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(code, dict(page))
        found = re.findall(r"  (\S+), fresh (\S+)", printed.getvalue())
        few, many = np.reshape([float(x) for pair in found for x in pair], (2, 3, 2))
        noise = 0.25
        assert few[0].min() > 1.3 * noise  # stopped too early: both are high
        assert many[0].min() > 2 * noise
        assert few[2, 0] < 1.1 * noise < few[2, 1]
        assert (abs(many[2] - noise) < 0.1).all()
        rose += few[2, 1] > few[1, 1]
    assert rose >= 7


def test_one_number_shows_the_output_that_is_slow():
    cell = shown_cell('slope = {"tanh": lambda h: 1 - h**2, "linear": lambda h: 1.0}')
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(cell, {"np": np})
    left = [float(part) for part in re.findall(r": (\S+) left", printed.getvalue())]
    assert left[0] > 2 > 1e-4 > left[1]  # beyond what tanh can reach
    assert left[2] > 0.01 > 1e-4 > left[3]


def test_an_optimizer_of_another_model_is_told_by_its_parameters():
    cell = shown_cell("model = nn.Linear(2, 1)  # the cell ran again")
    for again, same in (("", True), ("model = nn.Linear(2, 1)", False)):
        code = cell.replace("model = nn.Linear(2, 1)  # the cell ran again", again)
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(code, {"nn": torch.nn, "torch": torch})
        assert printed.getvalue() == f"{same}\n"


def test_a_model_built_inside_the_function_is_a_model_rebuilt(page):
    def rebuilt(model, optimizer, loader):
        model = torch.nn.Linear(2, 1)
        page["epoch"](model, optimizer, loader)
        return model

    for seed in SEEDS:
        assert diagnose(rebuilt, seed=seed).implied == ("model-rebuilt",)


@pytest.mark.parametrize("missing", ["loss.backward()", "optimizer.step()"])
def test_either_missing_line_is_reported_as_nothing_moves(page, missing):
    source = FUNCTIONS["epoch"]
    assert source.count(missing) == 1
    exec(source.replace(missing, "pass"), namespace := dict(page))
    assert diagnose(namespace["epoch"]).implied == ("nothing-moves",)


def test_the_learning_rate_shows_a_schedule_that_steps_in_every_batch():
    cell = shown_cell("    for _ in range(7):")
    rates = []
    for inside in (True, False):
        code = cell
        if not inside:
            code = cell.replace("        schedule.step()", "    schedule.step()")
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(code, {"torch": torch})
        rates.append([float(rate) for rate in printed.getvalue().split()])
    assert rates[0][-1] < 1e-6
    assert rates[1] == [0.5, 0.2, 0.1]  # one digit of 1/2, 1/4, 1/8


@pytest.mark.parametrize("seed", SEEDS)
def test_large_inputs_turn_units_off_and_small_ones_leave_some_on(page, seed):
    assert page["units_on"](100, seed) <= 2
    assert page["units_on"](1, seed) >= 2
    assert page["units_on"](100, seed) < page["units_on"](1, seed) or seed == 0


def test_softmax_before_cross_entropy_keeps_the_loss_up_while_training():
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(300, 2, generator=rng)
    classes = torch.stack([x[:, 0], x[:, 1], -x.sum(1)], dim=1).argmax(dim=1)
    cross_entropy, losses = torch.nn.functional.cross_entropy, []
    for softmax in (True, False):
        model = torch.nn.Linear(2, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
        for _ in range(300):
            outputs = model(x).softmax(dim=1) if softmax else model(x)
            loss = cross_entropy(outputs, classes)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        losses.append(loss.item())
    assert losses[0] > 0.55 > 0.15 > losses[1]


@pytest.mark.parametrize("apart", [True, False])
def test_a_classifier_stays_at_chance_if_its_targets_are_of_other_rows(apart):
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(3000, 2, generator=rng)
    classes = torch.stack([x[:, 0], x[:, 1], -x.sum(1)], dim=1).argmax(dim=1)
    fed = classes[torch.randperm(3000, generator=rng)] if apart else classes
    model = torch.nn.Linear(2, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    for _ in range(100):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), fed).backward()
        optimizer.step()
    accuracy = (model(x).argmax(dim=1) == fed).float().mean().item()
    chance = fed.bincount().max().item() / 3000
    assert (accuracy < chance + 0.03) == apart


@pytest.mark.parametrize("seed", SEEDS)
def test_a_rate_beyond_the_limit_of_the_line_diverges_and_one_below_does_not(
    page, seed
):
    X, y = page["line_data"](seed)
    limit = 2 / np.linalg.eigvalsh(2 / len(y) * X.T @ X).max()
    ends = []
    for factor in (1.1, 0.3):
        w = np.zeros(2)
        for _ in range(200):
            w = page["step"](w, X, y, factor * limit)
        ends.append(np.mean((X @ w - y) ** 2))
    assert ends[0] > 1e6
    assert ends[1] < 0.5


RETURNS = {
    "w": "w",
    "x": "a, b",
    "X": "np.zeros(X.shape[1])",
    "model": "0.0",
    "truth": "0.0",
    "X_train": "X_train, X_test",
}


def test_diagnose_takes_every_signature_that_the_page_names():
    named = re.findall(r"^`(\w+)\((.+)\)`\n:", SECTIONS["autopsies-ask"], re.M)
    assert len(named) == 8
    for name, parameters in named:
        result = RETURNS[parameters.split(", ")[0]]
        code = f"def {name}({parameters}):\n    return {result}"
        exec(code, scope := {"np": np})
        report = diagnose(scope[name])
        assert not report.trouble, (name, parameters, report.trouble)
