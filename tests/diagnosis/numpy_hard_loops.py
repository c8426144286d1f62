"""Loops in NumPy that are easily misjudged: other losses, odd orders, odd returns."""

# ruff: noqa: B905

import numpy as np
from loop_register import faulty, sound


def _slopes(w, X, y):
    return 2 / len(y) * X.T @ (X @ w - y)


def _cut(order, size):
    return [order[k : k + size] for k in range(0, len(order), size)]


# Losses other than the squared error: their steps are not judged, their rows are.


@sound
def sound_logistic(X, y, w, lr, epochs):
    for _ in range(epochs):
        w = w - lr * X.T @ (1 / (1 + np.exp(-(X @ w))) - y) / len(y)
    return w


@sound
def sound_logistic_from_zero(X, y, lr, epochs):
    w, losses = np.zeros(X.shape[1]), []
    for _ in range(epochs):
        p = 1 / (1 + np.exp(-X @ w))
        losses.append(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
        w -= lr * np.mean((p - y)[:, None] * X, axis=0)
    return w, losses


@sound
def sound_logistic_line(x, y, w, b, lr, epochs):
    for _ in range(epochs):
        gap = 1 / (1 + np.exp(-w * x - b)) - y
        w, b = w - lr * np.mean(gap * x), b - lr * np.mean(gap)
    return w, b


@sound
def sound_absolute_error(X, y, w, learning_rate, steps):
    for _ in range(steps):
        w = w - learning_rate * np.sign(X @ w - y) @ X / len(X)
    return w


@sound
def sound_huber(X, y, w, rate, n_iter, delta=0.5):
    for _ in range(n_iter):
        w = w - rate * np.clip(X @ w - y, -delta, delta) @ X / len(X)
    return w


@sound
def sound_lasso(X, y, w, lr, epochs, penalty=0.1):
    for _ in range(epochs):
        w = w - lr * _slopes(w, X, y)
        w = np.sign(w) * np.maximum(np.abs(w) - lr * penalty, 0)
    return w


@sound
def sound_perceptron(X, y, w, lr, epochs):
    for _ in range(epochs):
        for row, label in zip(X, np.sign(y)):
            if label * (row @ w) <= 0:
                w = w + lr * label * row
    return w


@faulty("unshuffled")
def faulty_logistic_in_order(X, y, w, lr, epochs, batch_size):
    for _ in range(epochs):
        for rows in _cut(np.arange(len(y)), batch_size):
            p = 1 / (1 + np.exp(-X[rows] @ w))
            w = w - lr * X[rows].T @ (p - y[rows]) / len(rows)
    return w


@sound
def sound_logistic_batches(X, y, w, lr, epochs, batch_size, rng):
    for _ in range(epochs):
        for rows in _cut(rng.permutation(len(y)), batch_size):
            p = 1 / (1 + np.exp(-X[rows] @ w))
            w = w - lr * X[rows].T @ (p - y[rows]) / len(rows)
    return w


# A slope and an intercept, in either order.


@sound
def sound_slope_then_intercept(x, y, a, b, lr, steps):
    for _ in range(steps):
        r = a * x + b - y
        a, b = a - 2 * lr * np.mean(r * x), b - 2 * lr * np.mean(r)
    return a, b


@sound
def sound_intercept_then_slope(x, y, a, b, lr, steps):
    for _ in range(steps):
        r = a + b * x - y
        a, b = a - 2 * lr * np.mean(r), b - 2 * lr * np.mean(r * x)
    return a, b


@faulty("in-turn-updates")
def faulty_slope_first_in_turn(x, y, a, b, lr, epochs):
    for _ in range(epochs):
        a -= lr * np.mean(2 * (a * x + b - y) * x)
        b -= lr * np.mean(2 * (a * x + b - y))
    return a, b


@faulty("in-turn-updates")
def faulty_one_step_in_turn(x, y, a, b, learning_rate):
    a = a - learning_rate * 2 * np.mean(a + b * x - y)
    b = b - learning_rate * 2 * np.mean((a + b * x - y) * x)
    return a, b


@faulty("in-turn-updates", "wrong-sign")
def faulty_in_turn_uphill(X, y, w, b, lr, epochs):
    for _ in range(epochs):
        b = b + lr * 2 * np.mean(X @ w + b - y)
        w = w + lr * 2 * X.T @ (X @ w + b - y) / len(y)
    return w, b


@faulty("wrong-sign")
def faulty_line_uphill(x, y, a, b, lr, steps):
    for _ in range(steps):
        r = a * x + b - y
        a, b = a + 2 * lr * np.mean(r * x), b + 2 * lr * np.mean(r)
    return a, b


# Steps that look like others.


@faulty("wrong-step")
def faulty_axis_forgotten(X, y, w, lr, epochs):
    for _ in range(epochs):
        w = w - lr * np.mean(2 * (X @ w - y)[:, None] * X)
    return w


@sound
def sound_newton(X, y, w, epochs):
    for _ in range(epochs):
        w = w - np.linalg.solve(X.T @ X, X.T @ (X @ w - y))
    return w


@faulty("no-intercept")
def faulty_centered(X, y, w, lr, epochs):
    around = X - X.mean(axis=0)
    for _ in range(epochs):
        w = w - lr * _slopes(w, around, y)
    return w


@sound
def sound_scaled_and_given_back(X, y, lr=0.1, epochs=200):
    middle, width = X[:, 1:].mean(0), X[:, 1:].std(0)
    Z = np.column_stack([np.ones(len(y)), (X[:, 1:] - middle) / width])
    w = np.zeros(Z.shape[1])
    for _ in range(epochs):
        w = w - lr * _slopes(w, Z, y)
    slopes = w[1:] / width
    return np.concatenate([[w[0] - slopes @ middle], slopes])


class SoundOwnIntercept:
    def __init__(self, eta=0.01, n_iter=20, random_state=3):
        self.eta, self.n_iter, self.random_state = eta, n_iter, random_state

    def fit(self, X, y):
        draw = np.random.RandomState(self.random_state)
        self.w_ = draw.normal(0, 0.01, X.shape[1] + 1)
        for _ in range(self.n_iter):
            self._update(X, y - self.predict(X))
        return self

    def _update(self, X, gap):
        self.w_[0] += 2 * self.eta * gap.mean()
        self.w_[1:] += 2 * self.eta * gap @ X / len(X)

    def predict(self, X):
        return X @ self.w_[1:] + self.w_[0]


sound(SoundOwnIntercept)


@faulty("sum-for-mean")
class FaultyOwnIntercept(SoundOwnIntercept):
    def _update(self, X, gap):
        self.w_[0] += self.eta * gap.sum()
        self.w_[1:] += self.eta * gap @ X


def _adam(w, X, y, lr, epochs, batch_size, orders, slopes=_slopes):
    mean, square, t = 0, 0, 0
    for _ in range(epochs):
        for rows in _cut(next(orders), batch_size):
            t += 1
            g = slopes(w, X[rows], y[rows])
            mean, square = 0.9 * mean + 0.1 * g, 0.99 * square + 0.01 * g * g
            root = np.sqrt(square / (1 - 0.99**t)) + 1e-9
            w = w - lr * mean / (1 - 0.9**t) / root
    return w


def _forever(make):
    while True:
        yield make()


@sound
def sound_adam_batches(X, y, w, lr, epochs, batch_size, rng, beta1=0.9):
    orders = _forever(lambda: rng.permutation(len(y)))
    return _adam(w, X, y, lr, epochs, batch_size, orders)


@faulty("unshuffled")
def faulty_adam_in_order(X, y, w, lr, epochs, batch_size):
    orders = _forever(lambda: np.arange(len(y)))
    return _adam(w, X, y, lr, epochs, batch_size, orders)


@faulty("same-shuffle")
def faulty_adam_one_order(X, y, w, lr, epochs, batch_size):
    order = np.random.default_rng(8).permutation(len(y))
    return _adam(w, X, y, lr, epochs, batch_size, _forever(lambda: order))


@faulty("broadcast-loss")
def faulty_adam_all_pairs(X, y, w, lr, epochs):
    def pairs(w, X, y):
        return 2 * (X @ w - y[:, None]).mean(axis=0) @ X / len(y)

    orders = _forever(lambda: np.arange(len(y)))
    return _adam(w, X, y, lr, epochs, len(y), orders, pairs)


@faulty("entry-for-column")
def faulty_adam_entry(X, y, w, lr, epochs):
    def entries(w, X, y):
        return 2 * np.mean(X @ w - y) * X[2]

    orders = _forever(lambda: np.arange(len(y)))
    return _adam(w, X, y, lr, epochs, len(y), orders, entries)


@faulty("wrong-sign")
def faulty_adam_uphill(X, y, w, lr, epochs):
    orders = _forever(lambda: np.arange(len(y)))
    return _adam(w, X, y, -lr, epochs, len(y), orders)


# Rows.


@faulty("overlapping-batches")
def faulty_a_row_at_a_time(X, y, w, lr, epochs, batch_size, rng):
    for _ in range(epochs):
        order = rng.permutation(len(y))
        for k in range(len(y) // batch_size):
            rows = order[k : k + batch_size]
            w = w - lr * _slopes(w, X[rows], y[rows])
    return w


@faulty("overlapping-batches")
def faulty_a_row_at_a_time_in_order(X, y, w, lr, epochs, batch_size):
    for _ in range(epochs):
        for k in range(len(y) // batch_size):
            rows = slice(k, k + batch_size)
            w = w - lr * _slopes(w, X[rows], y[rows])
    return w


@faulty("same-shuffle")
def faulty_momentum_one_order(X, y, w, lr, epochs, batch_size, rng):
    order, speed = rng.permutation(len(y)), 0
    for _ in range(epochs):
        for rows in _cut(order, batch_size):
            speed = 0.8 * speed - lr * _slopes(w, X[rows], y[rows])
            w = w + speed
    return w


# The best: before or after the step, in a dictionary or a pair.


@faulty("best-loss-last-parameters")
def faulty_lowest_after_the_step(X, y, w, lr, epochs):
    lowest = np.inf
    for _ in range(epochs):
        w = w - lr * _slopes(w, X, y)
        lowest = min(lowest, np.mean((X @ w - y) ** 2))
    return {"w": w, "best_loss": lowest}


@faulty("best-loss-last-parameters")
def faulty_lowest_called_best(X, y, X_val, y_val, w, lr, epochs):
    lowest = np.inf
    for _ in range(epochs):
        w = w - lr * _slopes(w, X, y)
        lowest = min(lowest, np.mean((X_val @ w - y_val) ** 2))
    return {"best_w": w, "best_loss": lowest}


@faulty("best-not-copied")
def faulty_kept_after_the_step(X, y, w, lr, epochs):
    best_loss, best_w = np.inf, w
    for _ in range(epochs):
        w -= lr * _slopes(w, X, y)
        loss = np.mean((X @ w - y) ** 2)
        if loss < best_loss:
            best_loss, best_w = loss, w
    return best_loss, best_w


@faulty("best-of-another-step")
def faulty_best_alone(X, y, w, lr, epochs):
    best_loss, best_w = np.inf, w
    for _ in range(epochs):
        loss = np.mean((X @ w - y) ** 2)
        w = w - lr * _slopes(w, X, y)
        if loss < best_loss:
            best_loss, best_w = loss, w
    return {"best_w": best_w, "best_loss": best_loss}


@sound
def sound_best_before_the_step(X, y, w, lr, epochs):
    best_loss, best_w = np.inf, w
    for _ in range(epochs):
        loss = np.mean((X @ w - y) ** 2)
        if loss < best_loss:
            best_loss, best_w = loss, w
        w = w - lr * _slopes(w, X, y)
    return best_loss, best_w


# Loops that give back what they say of fresh rows, and no parameters.


def _scaled(X, of):
    width = of.std(0)
    return (X - of.mean(0)) / np.where(width > 0, width, 1)


def _fitted(Z, y, rate=0.1, epochs=200):
    w, b = np.zeros(Z.shape[1]), y.mean()
    for _ in range(epochs):
        w = w - rate * _slopes(w, Z, y - b)
    return w, b


def _r2(w, b, Z, y):
    return 1 - np.mean((Z @ w + b - y) ** 2) / np.var(y)


@sound
def sound_fresh_score(X_train, y_train, X_test, y_test):
    w, b = _fitted(_scaled(X_train, X_train), y_train)
    return _r2(w, b, _scaled(X_test, X_train), y_test)


@sound
def sound_fresh_predictions(X_train, y_train, X_test, y_test):
    w, b = _fitted(_scaled(X_train, X_train), y_train)
    return {"predictions": _scaled(X_test, X_train) @ w + b}


@faulty("scale-from-all-rows")
def faulty_fresh_score_of_all(X_train, y_train, X_test, y_test):
    both = np.vstack([X_train, X_test])
    w, b = _fitted(_scaled(X_train, both), y_train)
    return {"r2": _r2(w, b, _scaled(X_test, both), y_test)}


@faulty("fresh-rows-own-scale")
def faulty_fresh_score_of_its_own(X_train, y_train, X_test, y_test):
    w, b = _fitted(_scaled(X_train, X_train), y_train)
    return _r2(w, b, _scaled(X_test, X_test), y_test)


# How a loop ends.


@faulty("crashes")
def faulty_three_parameters(X, y, lr, epochs):
    w = np.array([0.1, 0.2, 0.3])
    for _ in range(epochs):
        w = w - lr * _slopes(w, X, y)
    return w


@faulty("crashes")
def faulty_unpacked(X, y, w, lr, epochs):
    for _ in range(epochs):
        a, b, c = w
        r = a * X[:, 0] + b * X[:, 1] + c * X[:, 2] - y
        w = w - lr * 2 * X.T @ r / len(y)
    return w


@faulty("crashes")
def faulty_even_batches(X, y, w, lr, epochs, batch_size, rng):
    for _ in range(epochs):
        for rows in rng.permutation(len(y)).reshape(-1, batch_size):
            w = w - lr * _slopes(w, X[rows], y[rows])
    return w


@faulty("not-finite")
def faulty_divided_by_nothing(X, y, w, lr, epochs):
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    for _ in range(epochs):
        w = w - lr * _slopes(w, X, y)
    return w


@faulty("not-finite")
def faulty_root_of_less_than_nothing(X, y, w, lr, epochs):
    for _ in range(epochs):
        w = w - lr * np.sqrt(-1 - w**2)
    return w


@faulty("not-finite")
def faulty_rate_of_its_own(X, y, epochs=2000):
    w = np.zeros(X.shape[1])
    for _ in range(epochs):
        w = w - 30 * _slopes(w, X, y)
    return w
