"""The checks of the autopsies catch the faulty loops and let the sound ones pass.

Loops and checks are taken from the page itself: its cells tagged `autopsy` run alone,
in an empty namespace. Here stand other loops, right and wrong, that the checks have not
been written for.
"""

import copy
import inspect
import re

import matplotlib
import numpy as np
import pytest
import torch

from tools import chapters

PAGE = chapters.ROOT / "appendix" / "autopsies.py"
TEXT = PAGE.read_text(encoding="utf-8")
NOTEBOOK = chapters.parse(TEXT)
CELLS = chapters.tagged_code(NOTEBOOK, "autopsy")
ENTRIES = re.findall(r"^def check_(\w+)\(", "\n".join(CELLS), re.MULTILINE)
WRONG = re.findall(r"^def wrong_(\w+)\(", "\n".join(CELLS), re.MULTILINE)
RIGHT = re.findall(r"^(?:def )?right_(\w+)(?:\(| = )", "\n".join(CELLS), re.MULTILINE)
SEEDS = range(5)
mse = torch.nn.functional.mse_loss


@pytest.fixture(scope="module")
def page():
    namespace = {}
    for source in CELLS:
        exec(compile(source, PAGE.name, "exec"), namespace)
    return namespace


def entry_of(name):
    """The entry of a wrong loop: rows for wrong_rows and for wrong_rows_all."""
    fitting = [e for e in ENTRIES if name == e or name.startswith(f"{e}_")]
    return max(fitting, key=len)


def sections():
    """The page cut at its labels: of each, its prose and the cells a reader sees."""
    found, label = {"top": ("", [])}, "top"
    for cell in NOTEBOOK.cells:
        if cell.cell_type == "markdown":
            begins = re.search(r"^\(autopsy-([\w-]+)\)=$", cell.source, re.MULTILINE)
            if begins:
                label = begins[1].replace("-", "_")
                found[label] = ("", [])
            elif cell.source.lstrip().startswith("## ") and label != "top":
                break  # what follows the last entry
            found[label] = (found[label][0] + "\n" + cell.source, found[label][1])
        elif "remove-cell" not in cell.metadata.get("tags", []):
            found[label][1].append(cell.source)
    return found


SECTIONS = sections()
BUILDS_ON = {"sum": "zero_grad"}  # and says so


def nameless(loop):
    """`loop` under a name that tells a check nothing."""
    return lambda *args, **kwargs: loop(*args, **kwargs)


def all_arguments(check):
    """A check with chance in it takes a seed, and must not depend on it."""
    if "seed" in inspect.signature(check).parameters:
        return [{"seed": seed} for seed in SEEDS]
    return [{}]


def assert_accepted(check, loop):
    for arguments in all_arguments(check):
        check(nameless(loop), **arguments)


def assert_rejected(check, loop):
    for arguments in all_arguments(check):
        with pytest.raises(AssertionError) as caught:
            check(nameless(loop), **arguments)
        message = str(caught.value)
        assert len(message) > 20
        assert "nan" not in message  # it failed for its fault, not by breaking down
        assert not message.startswith("assert")  # it is the check's own


def test_there_are_at_least_eighteen_entries():
    assert len(set(ENTRIES)) >= 18


def test_every_entry_has_a_wrong_and_a_right_loop_and_none_is_left_over():
    assert len(set(ENTRIES)) == len(ENTRIES)
    assert sorted(RIGHT) == sorted(ENTRIES)
    assert set(ENTRIES) <= set(WRONG)
    assert {entry_of(name) for name in WRONG} == set(ENTRIES)


@pytest.mark.parametrize("name", WRONG)
def test_the_check_rejects_the_wrong_loop(page, name):
    assert_rejected(page[f"check_{entry_of(name)}"], page[f"wrong_{name}"])


@pytest.mark.parametrize("name", ENTRIES)
def test_the_check_accepts_the_right_loop(page, name):
    assert_accepted(page[f"check_{name}"], page[f"right_{name}"])


@pytest.mark.parametrize("name", ENTRIES)
def test_the_page_runs_the_check_on_both_and_has_a_way_to_the_entry(name):
    for kind in ("wrong", "right"):
        assert f"autopsy(check_{name}, {kind}_{name})" in TEXT
    label = f"autopsy-{name.replace('_', '-')}"
    assert f"# ({label})=" in TEXT
    table = TEXT.partition("## What do you see?")[2].partition("# %%")[0]
    assert f"{{ref}}`{label}`" in table


@pytest.mark.parametrize("name", ENTRIES)
def test_the_entry_names_its_symptom_its_check_and_its_fix(name):
    prose = SECTIONS[name][0]
    places = [prose.index(f"**{part}.**") for part in ("Symptom", "Check", "Fix")]
    assert places == sorted(places)
    before_the_fix = prose[places[1] : places[2]]
    assert re.search(r"[Ii]t takes `\w+\(.*\)`", before_the_fix)


@pytest.mark.parametrize("name", ENTRIES)
def test_a_reader_can_enter_at_the_entry(name, capsys):
    matplotlib.use("agg")
    namespace = {}
    for part in ("top", BUILDS_ON.get(name), name):
        for source in SECTIONS[part][1] if part else []:
            exec(compile(source, PAGE.name, "exec"), namespace)
    printed = capsys.readouterr().out
    assert "passes" in printed
    assert max(map(len, printed.splitlines())) <= 38  # fits on a telephone


def descend(w, X, y, learning_rate, steps):
    """Plain descent by the formula, in the types that it is given."""
    for _ in range(steps):
        w = w - learning_rate * 2 / len(y) * X.T @ (X @ w - y)
    return w


def least_squares(X, y):
    w = torch.linalg.lstsq(X, y[:, None]).solution
    return lambda features: features @ w


def whole_batches_of_a_shuffle(n, batch_size):
    rng = np.random.default_rng()
    return torch.from_numpy(rng.permutation(n)).split(batch_size)[: n // batch_size]


def fed_by_slices(model, X, y, order, batch_size):
    for k in range(0, len(order), batch_size):
        rows = order[k : k + batch_size]
        yield mse(model(X[rows]), y[rows])


def fed_in_whole_batches(model, X, y, order, batch_size):
    whole = len(order) // batch_size * batch_size
    yield from fed_by_slices(model, X, y, order[:whole], batch_size)


def sinc_by_where(side):
    r = torch.hypot(side[:, None], side)
    return torch.where(r == 0, 1.0, torch.sin(r) / torch.where(r == 0, 1.0, r))


def record_of_copies(w, X, y, learning_rate, steps):
    kept, w = [], w.copy()
    for _ in range(steps):
        kept.append(w.copy())
        w -= learning_rate * 2 / len(y) * X.T @ (X @ w - y)
    return kept


def record_from_after_the_step(w, X, y, learning_rate, steps):
    return [descend(w, X, y, learning_rate, k + 1) for k in range(steps)]


def record_in_rows(w, X, y, learning_rate, steps):
    kept = np.empty((steps + 1, len(w)))
    kept[0] = w
    for k in range(steps):
        kept[k + 1] = descend(kept[k], X, y, learning_rate, 1)
    return kept


def network(inputs, width, last=None):
    layers = [
        torch.nn.Linear(inputs, width),
        torch.nn.Tanh(),
        torch.nn.Linear(width, 1),
    ]
    return torch.nn.Sequential(*layers, *([last] if last else []))


class Double(torch.nn.Module):
    def forward(self, z):
        return 2 * torch.tanh(z)


def log_of_sums(step, X, y, order, batch_size):
    batches = order.split(batch_size)
    return sum(step(X[b], y[b]) * len(b) for b in batches) / sum(map(len, batches))


def log_detached(model, X, y, epochs):
    return ([mse(model(X), y).detach() for _ in range(epochs)],)


def single_log(model, X, y, epochs):
    return [mse(model(X), y).item() for _ in range(epochs)]


def score_in_a_copy(model, X, y):
    with torch.no_grad():
        return mse(copy.deepcopy(model).eval()(X), y).item()


def root_of_the_mean(model, X, y):
    return score_in_a_copy(model, X, y) ** 0.5


def best_in_hindsight(w, X, y, learning_rate, steps):
    path = [descend(w, X, y, learning_rate, k) for k in range(steps)]
    losses = [np.mean((X @ at - y) ** 2) for at in path]
    return min(losses), path[int(np.argmin(losses))]


def best_in_single_precision(w, X, y, learning_rate, steps):
    w, X, y = (part.astype(np.float32) for part in (w, X, y))
    return best_in_hindsight(w, X, y, np.float32(learning_rate), steps)


def r2_by_definition(truth, prediction):
    spread = np.sum((truth - np.mean(truth)) ** 2)
    return 1 - np.sum((truth - prediction) ** 2) / spread


def r2_in_single_precision(truth, prediction):
    return float(r2_by_definition(np.float32(truth), np.float32(prediction)))


def solved_at_once(X, y, batch_size, rng, budget=1):
    w = np.linalg.lstsq(X, y)[0]
    return np.mean((X @ w - y) ** 2)


def verdict_by_gap(training, fresh, noise):
    gap = fresh / training
    return "over-fitted" if gap > 3 else "under-fitted" if fresh > 1 else "sound"


OTHER_RIGHT = {
    "broadcast": [least_squares],
    "apart": [lambda X, y, rng: (X.flip(0), y.flip(0))],
    "order": [
        lambda dataset, batch_size: torch.utils.data.DataLoader(
            dataset,
            batch_size,
            sampler=torch.utils.data.RandomSampler(dataset, replacement=True),
        )
    ],
    "remainder": [whole_batches_of_a_shuffle],
    "rows": [fed_by_slices, fed_in_whole_batches],
    "nan": [sinc_by_where],
    "sign": [descend],
    "zero_grad": [descend],
    "sum": [descend],
    "record": [record_of_copies, record_from_after_the_step, record_in_rows],
    "output": [
        lambda: network(1, 4),
        lambda: network(2, 4),
        lambda: network(2, 200),
        lambda: network(5, 80, Double()),
    ],
    "log": [log_of_sums],
    "graphs": [log_detached, single_log],
    "mode": [score_in_a_copy, root_of_the_mean],
    "best": [best_in_hindsight, best_in_single_precision],
    "r2": [r2_by_definition, r2_in_single_precision],
    "budget": [solved_at_once],
    "verdict": [verdict_by_gap],
}


def ignores_the_input(X, y):
    return lambda features: torch.full((len(features),), float(y.mean()))


def pairs_moved_by_one(X, y, rng):
    return X.roll(1, 0), y


def same_shuffle(dataset, batch_size):
    order = torch.randperm(len(dataset)).tolist()
    return torch.utils.data.DataLoader(dataset, batch_size, sampler=order)


def always_twenty(n, batch_size):
    return [torch.arange(k, k + 20) for k in range(0, n - 19, 20)]


def a_batch_short(model, X, y, order, batch_size):
    yield from fed_by_slices(model, X, y, order[batch_size:], batch_size)


def targets_by_position(model, X, y, order, batch_size):
    for k in range(0, len(order), batch_size):
        rows = order[k : k + batch_size]
        yield mse(model(X[rows]), y[k : k + batch_size])


def one_row_twice(model, X, y, order, batch_size):
    order = torch.cat([order[:1], order[:1], order[2:]])
    yield from fed_by_slices(model, X, y, order, batch_size)


def with_momentum(w, X, y, learning_rate, steps):
    velocity = torch.zeros_like(w)
    for _ in range(steps):
        velocity = 0.9 * velocity - learning_rate * 2 / len(y) * X.T @ (X @ w - y)
        w = w + velocity
    return w


def half_of_a_sum(w, X, y, learning_rate, steps):
    return descend(w, X, y, learning_rate * len(y) / 2, steps)


def record_that_copies_once(w, X, y, learning_rate, steps):
    kept = [w.copy()]
    for _ in range(steps):
        w -= learning_rate * 2 / len(y) * X.T @ (X @ w - y)
        kept.append(w)
    return kept


def record_copied_at_the_end(w, X, y, learning_rate, steps):
    return [descend(w, X, y, learning_rate, steps).copy() for _ in range(steps)]


def log_of_the_first_batch(step, X, y, order, batch_size):
    return step(X[order[:batch_size]], y[order[:batch_size]])


def log_of_held_out_tensors(model, X, y, epochs):
    return [0.0] * epochs, [mse(model(X), y) for _ in range(epochs)]


def single_log_of_tensors(model, X, y, epochs):
    return [mse(model(X), y) for _ in range(epochs)]


def running_total(model, X, y, epochs):
    return [sum(mse(model(X), y) for _ in range(epochs))]


def score_that_never_switches_back(model, X, y):
    with torch.no_grad():
        return mse(model.eval()(X), y).item()


def score_without_dropout_alone(model, X, y):
    for layer in model:
        if isinstance(layer, torch.nn.Dropout):
            layer.eval()
    with torch.no_grad():
        return mse(model(X), y).item()


def last_parameters(w, X, y, learning_rate, steps):
    loss = np.mean((X @ w - y) ** 2)
    return loss, descend(w, X, y, learning_rate, steps)


def squared_correlation(truth, prediction):
    return np.corrcoef(truth, prediction)[0, 1] ** 2


def single_update(X, y, batch_size, rng, budget=1):
    w = descend(np.zeros(2), X, y, 0.3, budget)
    return np.mean((X @ w - y) ** 2)


def crawl(X, y, batch_size, rng, budget=1):
    w = descend(np.zeros(2), X, y, 1e-5, 300 * budget)
    return np.mean((X @ w - y) ** 2)


OTHER_WRONG = {
    "broadcast": [ignores_the_input],
    "apart": [pairs_moved_by_one],
    "order": [same_shuffle],
    "remainder": [
        lambda n, batch_size: torch.arange(batch_size, n).split(batch_size),
        always_twenty,
    ],
    "rows": [a_batch_short, targets_by_position, one_row_twice],
    "nan": [lambda side: 1 / torch.hypot(side[:, None], side)],
    "sign": [lambda w, X, y, rate, steps: w],
    "zero_grad": [with_momentum],
    "sum": [half_of_a_sum],
    "record": [record_that_copies_once, record_copied_at_the_end],
    "output": [
        lambda: network(1, 4, torch.nn.Tanh()),
        lambda: network(2, 200, torch.nn.Tanh()),
        lambda: network(2, 80, torch.nn.Sigmoid()),
    ],
    "log": [log_of_the_first_batch],
    "graphs": [log_of_held_out_tensors, single_log_of_tensors, running_total],
    "mode": [score_that_never_switches_back, score_without_dropout_alone],
    "best": [last_parameters],
    "r2": [squared_correlation],
    "budget": [single_update, crawl],
    "verdict": [lambda training, fresh, noise: "under-fitted"],
}


def pairs(loops):
    return [(name, loop) for name, several in loops.items() for loop in several]


def test_the_other_loops_cover_every_entry():
    assert set(OTHER_RIGHT) == set(OTHER_WRONG) == set(ENTRIES)


@pytest.mark.parametrize(("name", "loop"), pairs(OTHER_RIGHT))
def test_the_check_accepts_another_right_loop(page, name, loop):
    assert_accepted(page[f"check_{name}"], loop)


@pytest.mark.parametrize(("name", "loop"), pairs(OTHER_WRONG))
def test_the_check_rejects_another_wrong_loop(page, name, loop):
    assert_rejected(page[f"check_{name}"], loop)


@pytest.mark.parametrize("name", ["sign", "zero_grad", "sum", "record", "best"])
def test_the_right_loop_takes_the_steps_of_the_formula(page, name):
    if name in ("zero_grad", "sum"):
        X, y = page["line_data"](seed=3)
        found = page[f"right_{name}"](torch.zeros(2), X, y, 0.1, 20)
        torch.testing.assert_close(found, descend(torch.zeros(2), X, y, 0.1, 20))
        return
    w, X, y = page["random_problem"](seed=3)
    found = page[f"right_{name}"](w.copy(), X, y, 0.05, 20)
    if name == "record":
        expected = [descend(w, X, y, 0.05, k) for k in range(20)]
    elif name == "best":
        expected = descend(w, X, y, 0.05, 19)  # the loss falls, so the last is the best
        found = found[1]
    else:
        expected = descend(w, X, y, 0.05, 20)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
