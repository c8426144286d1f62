"""Many trainings at once are the same trainings as one at a time in PyTorch."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import torch
from torch import nn

from helpers import in_batches, noisy_parabola, shuffled_orders
from helpers.network import layers, network, parameters_of, starts_of
from helpers.training import train_many

SIZES = (1, 5, 1)


def make_model():
    return nn.Sequential(nn.Linear(1, 5), nn.ReLU(), nn.Linear(5, 1))


def squared_error(w, X, y):
    return (network(w, X, SIZES) - y) ** 2


@pytest.fixture
def data():
    x, y = noisy_parabola(np.random.default_rng(0))
    return x, y[:, 0]


def trained_by_torch(seed, optimizer_of, batches, x, y):
    """Parameters after each epoch, (epochs, p), and losses, (epochs, steps)."""
    torch.manual_seed(seed)
    model = make_model()
    optimizer = optimizer_of(model.parameters())
    inputs, targets = torch.from_numpy(x), torch.from_numpy(y)
    path, losses = [], []
    for epoch in batches:
        for rows in epoch:
            rows = torch.from_numpy(rows[rows >= 0]).long()
            loss = nn.functional.mse_loss(model(inputs[rows])[:, 0], targets[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        path.append(parameters_of(model))
    return np.array(path), np.array(losses).reshape(batches.shape[:2])


@pytest.mark.parametrize(
    ("optimizer", "by_torch", "rate"),
    [
        (optax.sgd, torch.optim.SGD, 0.1),
        (
            partial(optax.sgd, momentum=0.9),
            partial(torch.optim.SGD, momentum=0.9),
            0.05,
        ),
        (optax.adam, torch.optim.Adam, 0.01),
        (
            partial(optax.adamw, weight_decay=0.1),
            partial(torch.optim.AdamW, weight_decay=0.1),
            0.01,
        ),
    ],
)
@pytest.mark.parametrize("at_once", [None, 2])
def test_each_run_is_the_training_that_pytorch_does(
    optimizer, by_torch, rate, at_once, data
):
    x, y = data
    orders = shuffled_orders(np.random.default_rng(1), runs=3, epochs=4, n=100)
    batches = in_batches(orders, 16)
    starts = starts_of(make_model, range(3))
    trained = train_many(
        squared_error, starts, batches, x, y, rate, optimizer, at_once=at_once
    )
    assert trained.parameters.shape == (3, 4, 16)
    assert trained.losses.shape == (3, 4, 7)
    for seed in range(3):
        path, losses = trained_by_torch(
            seed, partial(by_torch, lr=rate), batches[seed], x, y
        )
        np.testing.assert_allclose(trained.parameters[seed], path, atol=2e-5)
        np.testing.assert_allclose(trained.losses[seed], losses, atol=2e-5)


def test_batches_targets_and_rates_may_be_shared_or_differ_by_run(data):
    x, y = data
    order = np.arange(100)[None]
    shared = in_batches(order, 25)  # (1, 4, 25)
    starts = starts_of(make_model, [0, 0])
    both = np.stack([y, y])
    one = train_many(squared_error, starts, shared, x, y, 0.1)
    same = train_many(
        squared_error,
        starts,
        np.stack([shared, shared]),
        x,
        both,
        np.full((2, 1, 1), 0.1),
    )
    np.testing.assert_allclose(one.parameters, same.parameters, atol=1e-6)
    rates = np.array([0.1, 0.0])[:, None, None]
    differ = train_many(squared_error, starts, shared, x, y, rates)
    np.testing.assert_allclose(differ.parameters[0], one.parameters[0], atol=1e-6)
    np.testing.assert_array_equal(differ.parameters[1, -1], starts[1])


def test_a_rate_may_change_from_epoch_to_epoch(data):
    x, y = data
    batches = in_batches(np.tile(np.arange(100), (3, 1)), 50)
    starts = starts_of(make_model, [0])
    rates = np.array([0.1, 0.0, 0.1])[:, None]  # (epochs, 1)
    path = train_many(squared_error, starts, batches, x, y, rates).parameters[0]
    np.testing.assert_array_equal(path[0], path[1])
    assert np.abs(path[2] - path[1]).max() > 0


def test_rows_of_minus_one_count_for_nothing(data):
    x, y = data
    starts = starts_of(make_model, [0])
    some = np.array([[[3, 4, 5]]])
    padded = np.array([[[3, 4, 5, -1, -1]]])
    y = y.copy()
    y[-1] = np.nan  # the row that -1 would mean
    one, two = (
        train_many(squared_error, starts, rows, x, y, 0.1) for rows in (some, padded)
    )
    np.testing.assert_allclose(one.parameters, two.parameters, atol=1e-7)
    np.testing.assert_allclose(one.losses, two.losses, atol=1e-7)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"starts": np.zeros(16)}, r"starts of shape \(runs, p\)"),
        ({"starts": np.zeros((2, 16), int)}, "floating type"),
        ({"batches": np.zeros((3, 1, 1, 5), int)}, "with 2 runs"),
        ({"batches": np.zeros((1, 5), int)}, "expected batches of shape"),
        ({"batches": np.full((1, 1, 5), 100)}, "rows 0 to 99"),
        ({"y": np.zeros(99)}, "targets of shape"),
        ({"learning_rate": np.ones(7)}, "does not broadcast"),
    ],
)
def test_shapes_that_do_not_fit_are_named(changed, message, data):
    x, y = data
    fitting = {
        "starts": np.zeros((2, 16), np.float32),
        "batches": np.zeros((1, 2, 5), int),
        "X": x,
        "y": y,
        "learning_rate": 0.1,
    }
    with pytest.raises(ValueError, match=message):
        train_many(squared_error, **(fitting | changed))


@pytest.mark.parametrize("bias", [True, False])
def test_a_packed_network_predicts_what_the_model_in_pytorch_predicts(bias):
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(3, 4, bias=bias),
        nn.Tanh(),
        nn.Linear(4, 2, bias=bias),
        nn.Tanh(),
        nn.Linear(2, 1, bias=bias),
    )
    X = torch.randn(7, 3)
    expected = model(X).detach().numpy()[:, 0]
    w = jnp.asarray(parameters_of(model))
    found = network(w, jnp.asarray(X.numpy()), (3, 4, 2, 1), jnp.tanh, bias)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_too_few_parameters_are_named():
    with pytest.raises(ValueError, match=r"\(1, 5, 1\) units have 16 parameters"):
        layers(jnp.zeros(15), SIZES)


def test_the_loss_may_be_of_another_kind():
    def cross_entropy(w, X, y):
        return optax.sigmoid_binary_cross_entropy(X @ w, y)

    X = np.array([[1.0, -1.0], [1.0, 1.0]])
    batches = np.zeros((200, 1, 2), int) + np.arange(2)
    trained = train_many(
        cross_entropy, np.zeros((1, 2)), batches, X, np.array([0, 1]), 1.0
    )
    w = trained.parameters[0, -1]
    assert jax.nn.sigmoid(X @ w).round().tolist() == [0, 1]
