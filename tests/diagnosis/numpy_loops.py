"""Loops in NumPy and plain Python, sound and faulty, in unlike styles."""

# ruff: noqa: F841, B007, B905, C408, E731, N802, SIM

import functools
import math
import random
from collections import namedtuple
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
from loop_register import faulty, sound

from helpers import mse_value_and_grad

Result = namedtuple("Result", "w losses")


def _mse(w, X, y):
    r = X @ w - y
    return r @ r / len(r)


def _grad(w, X, y):
    return 2 * X.T @ (X @ w - y) / len(y)


def _batches(n, b, rng):
    order = rng.permutation(n)
    while len(order):
        yield order[:b]
        order = order[b:]


@dataclass
class State:
    w: np.ndarray
    step: int = 0
    losses: list = field(default_factory=list)


@sound
def sound_python_lists(X, y, w, lr, n_iter):
    X = [list(map(float, r)) for r in X]
    y = list(map(float, y))
    w = [float(v) for v in w]
    for _ in range(n_iter):
        g = [0.0] * len(w)
        for xi, yi in zip(X, y):
            e = sum(a * b for a, b in zip(xi, w)) - yi
            for j in range(len(w)):
                g[j] += 2 * e * xi[j] / len(y)
        w = [wj - lr * gj for wj, gj in zip(w, g)]
    return w


@sound
def sound_while(features, targets, learning_rate=0.1, max_iter=50, tol=1e-12):
    theta = np.zeros(features.shape[1])
    k = 0
    while k < max_iter:
        grad = features.T @ (features @ theta - targets) / len(targets)
        if np.linalg.norm(grad) < tol:
            break
        theta -= learning_rate * grad
        k += 1
    return theta


@sound
def sound_einsum(X, y, params, eta, steps):
    for _ in range(steps):
        r = np.einsum("ij,j->i", X, params) - y
        params = params - eta * 2 * np.einsum("i,ij->j", r, X) / r.size
    return {"params": params}


@sound
def sound_namedtuple(w, X, y, lr, epochs):
    hist = []
    for _ in range(epochs):
        r = X @ w - y
        w = w - lr * 2 * (X.T @ r) / len(y)
        hist.append(float(np.mean((X @ w - y) ** 2)))
    return Result(w, hist)


@sound
def sound_decay(w, X, y, lr, epochs):
    for t in range(epochs):
        w = w - lr / (1 + 0.1 * t) * 2 * (X.T @ (X @ w - y)) / len(y)
    return w


@sound
def sound_nesterov(w, X, y, lr, epochs, momentum=0.9):
    v = np.zeros_like(w)
    for t in range(epochs):
        g = 2 * X.T @ (X @ (w + momentum * v) - y) / len(y)
        v = momentum * v - lr * g
        w = w + v
    return w


@sound
def sound_adam_np(w, X, y, lr, epochs):
    m = np.zeros_like(w)
    v = np.zeros_like(w)
    for t in range(1, epochs + 1):
        g = 2 * X.T @ (X @ w - y) / len(y)
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        w = w - lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w


@sound
def sound_rmsprop(w, X, y, lr, epochs, batch_size=4):
    s = np.zeros_like(w)
    rng = np.random.default_rng(3)
    for t in range(epochs):
        for i in np.array_split(rng.permutation(len(y)), -(-len(y) // batch_size)):
            g = 2 * X[i].T @ (X[i] @ w - y[i]) / len(i)
            s = 0.9 * s + 0.1 * g * g
            w = w - lr * g / (np.sqrt(s) + 1e-8)
    return w


@sound
def sound_array_split(X, y, w, lr, epochs, batch_size):
    rng = np.random.default_rng(1)
    losses = []
    for e in range(epochs):
        perm = rng.permutation(len(X))
        for i in np.array_split(perm, math.ceil(len(X) / batch_size)):
            r = X[i] @ w - y[i]
            losses.append((r @ r) / len(i))
            w = w - lr * 2 * X[i].T @ r / len(i)
    return w, losses


@sound
def sound_droplast(X, y, w, lr, epochs, batch_size):
    rng = np.random.default_rng(1)
    for e in range(epochs):
        perm = rng.permutation(len(X))
        nb = len(X) // batch_size
        for i in perm[: nb * batch_size].reshape(nb, batch_size):
            w = w - lr * 2 * X[i].T @ (X[i] @ w - y[i]) / len(i)
    return w


@sound
def sound_updates(X, y, w, lr, n_updates, batch_size, rng):
    for _ in range(n_updates):
        i = rng.integers(0, len(y), batch_size)
        w = w - lr * 2 * X[i].T @ (X[i] @ w - y[i]) / batch_size
    return w


@sound
def sound_updates_choice(X, y, w, lr, steps, batch_size, seed=0):
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        i = rng.choice(len(y), batch_size, replace=False)
        w = w - lr * 2 * X[i].T @ (X[i] @ w - y[i]) / batch_size
    return w


@sound
def sound_random_shuffle(X, y, w, lr, epochs):
    idx = list(range(len(y)))
    for _ in range(epochs):
        random.shuffle(idx)
        for i in idx:
            w = w - lr * 2 * (X[i] @ w - y[i]) * X[i]
    return w


@sound
def sound_inplace(X, y, w, lr, epochs):
    for _ in range(epochs):
        w -= lr * 2 * X.T @ (X @ w - y) / len(y)


@sound
def sound_early(X_train, y_train, X_val, y_val, lr=0.05, epochs=50, patience=5):
    w = np.zeros(X_train.shape[1])
    best = np.inf
    best_w = w.copy()
    bad = 0
    for _ in range(epochs):
        w -= lr * 2 * X_train.T @ (X_train @ w - y_train) / len(y_train)
        v = np.mean((X_val @ w - y_val) ** 2)
        if v < best:
            best, best_w, bad = v, w.copy(), 0
        else:
            bad += 1
            if bad >= patience:
                break
    return best_w, best


@sound
def sound_standardize(X_train, y_train, X_test, y_test, epochs=100, lr=0.1):
    m = X_train.mean(0)
    s = X_train.std(0)
    s = np.where(s == 0, 1, s)
    A = np.column_stack([np.ones(len(X_train)), (X_train - m) / s])
    B = np.column_stack([np.ones(len(X_test)), (X_test - m) / s])
    w = np.zeros(A.shape[1])
    for _ in range(epochs):
        w -= lr * 2 * A.T @ (A @ w - y_train) / len(y_train)
    return {"w": w, "predictions": B @ w}


@sound
def sound_r2(X, y, epochs=100, lr=0.1):
    w = np.zeros(X.shape[1])
    for _ in range(epochs):
        w = w - lr * X.T @ (X @ w - y) / len(y)
    p = X @ w
    return {"w": w, "r2": 1 - np.sum((y - p) ** 2) / np.sum((y - y.mean()) ** 2)}


@sound
def sound_line(x, y, m, c, lr, epochs):
    for _ in range(epochs):
        e = m * x + c - y
        dm = 2 * (e * x).mean()
        dc = 2 * e.mean()
        m -= lr * dm
        c -= lr * dc
    return m, c


@sound
def sound_w_col(X, y, w, lr, epochs):
    w = w.reshape(-1, 1)
    y = y.reshape(-1, 1)
    for _ in range(epochs):
        w = w - lr * 2 / len(X) * X.T @ (X @ w - y)
    return w


@sound
class SoundTrainer:
    def __init__(self, learning_rate=0.1, n_iterations=100):
        self.learning_rate = learning_rate
        self.n_iterations = n_iterations

    def fit(self, X, y):
        n, k = X.shape
        self.weights = np.zeros(k)
        self.bias = 0.0
        for _ in range(self.n_iterations):
            p = X @ self.weights + self.bias
            dw = (1 / n) * X.T @ (p - y)
            db = (1 / n) * np.sum(p - y)
            self.weights -= self.learning_rate * dw
            self.bias -= self.learning_rate * db

    def predict(self, X):
        return X @ self.weights + self.bias


@sound
def sound_r2score(y_true, y_pred):
    return 1 - ((y_true - y_pred) ** 2).sum() / ((y_true - y_true.mean()) ** 2).sum()


@sound
def sound_log_every(X, y, w, lr, steps):
    L = []
    for k in range(steps):
        r = X @ w - y
        if k % 2 == 0:
            L.append((k, float(r @ r / len(r))))
        w = w - lr * 2 * X.T @ r / len(y)
    return w, L


@sound
def sound_path(w, X, y, lr, steps):
    path = [w.copy()]
    for _ in range(steps):
        w -= lr * 2 * X.T @ (X @ w - y) / len(y)
        path.append(w.copy())
    return np.array(path)


@sound
def sound_final_loss(w, X, y, lr, steps):
    for _ in range(steps):
        w = w - lr * 2 * X.T @ (X @ w - y) / len(y)
    return w, np.mean((X @ w - y) ** 2)


@sound
def sound_best_np(w, X, y, lr, steps):
    best = np.inf
    for _ in range(steps):
        r = X @ w - y
        loss = np.mean(r**2)
        if loss < best:
            best = loss
            bw = w.copy()
        w = w - lr * 2 * X.T @ r / len(y)
    return {"w": w, "best_w": bw, "best_loss": best}


@sound
def sound_step(w, X, y, lr):
    return w - lr * 2 * X.T @ (X @ w - y) / len(y)


@sound
def sound_numeric(w, X, y, lr, steps, h=1e-5):
    f = lambda w: np.mean((X @ w - y) ** 2)
    for _ in range(steps):
        g = np.array([(f(w + h * e) - f(w - h * e)) / (2 * h) for e in np.eye(len(w))])
        w = w - lr * g
    return w


@sound
def sound_clip(w, X, y, lr, steps):
    for _ in range(steps):
        g = 2 * X.T @ (X @ w - y) / len(y)
        g = g * min(1, 1 / np.linalg.norm(g))
        w = w - lr * g
    return w


@sound
def sound_gen(X, y, w, learning_rate, epochs, batch_size, rng):
    log = []
    for epoch in range(epochs):
        tot = 0
        for idx in _batches(len(y), batch_size, rng):
            tot += _mse(w, X[idx], y[idx]) * len(idx)
            w = w - learning_rate * _grad(w, X[idx], y[idx])
        log.append(tot / len(y))
    return w, log


@sound
def sound_dataclass(X, y, w, eta, n_steps):
    st = State(w)
    while st.step < n_steps:
        st.losses.append(_mse(st.w, X, y))
        st.w = st.w - eta * _grad(st.w, X, y)
        st.step += 1
    return st


@sound
def sound_losses_first(X, y, w0, lr, num_steps):
    ls = np.empty(num_steps)
    w = w0.astype(float)
    for k in range(num_steps):
        ls[k] = _mse(w, X, y)
        w = w - lr * _grad(w, X, y)
    return ls, w


@sound
def sound_half_loss(X, Y, theta, alpha, num_iters):
    m = len(Y)
    J = []
    for _ in range(num_iters):
        h = X.dot(theta)
        theta = theta - alpha * (1 / m) * X.T.dot(h - Y)
        J.append(1 / (2 * m) * np.sum((X.dot(theta) - Y) ** 2))
    return theta, J


@sound
def sound_reduce(X, y, w, lr, steps):
    return functools.reduce(lambda v, _: v - lr * _grad(v, X, y), range(steps), w)


@sound
def sound_random_init(X, y, lr=0.05, epochs=30, seed=0):
    rng = np.random.default_rng(seed)
    w = rng.normal(size=X.shape[1])
    for _ in range(epochs):
        w -= lr * _grad(w, X, y)
    return w


@sound
def sound_lr_step(X, y, w, lr, epochs):
    for e in range(epochs):
        if e == 2:
            lr *= 0.5
        w = w - lr * _grad(w, X, y)
    return w


@sound
def sound_adagrad(X, y, w, lr, epochs):
    G = np.zeros_like(w)
    for _ in range(epochs):
        g = _grad(w, X, y)
        G += g**2
        w = w - lr * g / (np.sqrt(G) + 1e-8)
    return w


@sound
def sound_ema_momentum(X, y, w, lr, epochs, beta=0.5):
    m = np.zeros_like(w)
    for _ in range(epochs):
        m = beta * m + (1 - beta) * _grad(w, X, y)
        w = w - lr * m
    return w


@sound
def sound_batch_momentum(X, y, w, lr, epochs, batch_size, rng):
    v = np.zeros_like(w)
    for _ in range(epochs):
        for i in _batches(len(y), batch_size, rng):
            v = 0.9 * v + _grad(w, X[i], y[i])
            w = w - lr * v
    return w


@sound
def sound_shuffle_both(X, y, w, lr, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    data = np.column_stack([X, y])
    for _ in range(epochs):
        rng.shuffle(data)
        for k in range(0, len(data), batch_size):
            d = data[k : k + batch_size]
            w = w - lr * _grad(w, d[:, :-1], d[:, -1])
    return w


@sound
def sound_sklearn_shuffle(X, y, w, lr, epochs):
    from sklearn.utils import shuffle

    for _ in range(epochs):
        A, b = shuffle(X, y)
        for xi, yi in zip(A, b):
            w = w - lr * 2 * (xi @ w - yi) * xi
    return w


@sound
def sound_batch32(X, y, lr=0.05, epochs=20):
    rng = np.random.default_rng(0)
    w = np.zeros(X.shape[1])
    B = 32
    for _ in range(epochs):
        for i in _batches(len(y), B, rng):
            w -= lr * _grad(w, X[i], y[i])
    return w


@sound
class SoundSGDRegressor:
    def __init__(self, eta=0.01, epochs=5, batch_size=1, random_state=0):
        self.eta, self.epochs, self.batch_size, self.random_state = (
            eta,
            epochs,
            batch_size,
            random_state,
        )

    def fit(self, X, y):
        rng = np.random.default_rng(self.random_state)
        self.coef_ = np.zeros(X.shape[1])
        self.intercept_ = 0.0
        for _ in range(self.epochs):
            for i in _batches(len(y), self.batch_size, rng):
                e = X[i] @ self.coef_ + self.intercept_ - y[i]
                self.coef_ -= self.eta * 2 * X[i].T @ e / len(i)
                self.intercept_ -= self.eta * 2 * e.mean()
        return self

    def predict(self, X):
        return X @ self.coef_ + self.intercept_


@sound
def sound_poly(x, y, lr, steps):
    X = np.stack([np.ones_like(x), x], 1)
    w = np.zeros(2)
    for _ in range(steps):
        w -= lr * _grad(w, X, y)
    return w


@sound
def sound_kwonly(X, y, *, w, learning_rate=0.1, steps=10):
    for _ in range(steps):
        w = w - learning_rate * _grad(w, X, y)
    return w


@sound
def sound_posonly(w, X, y, lr, steps, /):
    for _ in range(steps):
        w = w - lr * _grad(w, X, y)
    return w


@sound
def sound_val_curve(X_train, y_train, X_val, y_val, w, lr, epochs):
    tr, va = [], []
    for _ in range(epochs):
        w = w - lr * _grad(w, X_train, y_train)
        tr.append(_mse(w, X_train, y_train))
        va.append(_mse(w, X_val, y_val))
    return w, tr, va


@sound
def sound_nan_check(X, y, w, lr, epochs):
    if not np.isfinite(X).all() or not np.isfinite(y).all():
        raise ValueError("missing values")
    for _ in range(epochs):
        w = w - lr * _grad(w, X, y)
    return w


@sound
def sound_nan_drop(X, y, w, lr, epochs):
    ok = np.isfinite(X).all(1) & np.isfinite(y)
    X, y = X[ok], y[ok]
    for _ in range(epochs):
        w = w - lr * _grad(w, X, y)
    return w


@sound
def sound_loss_before_the_last_step(X, y, w, lr, steps):
    loss = np.inf
    for _ in range(steps):
        loss = _mse(w, X, y)
        w = w - lr * _grad(w, X, y)
    return w, loss


@sound
def sound_sign(w, X, y, learning_rate, steps):
    for _ in range(steps):
        _, gradient = mse_value_and_grad(w, X, y)
        w = w - learning_rate * gradient
    return w


@sound
def sound_record(w, X, y, learning_rate, steps):
    kept = []
    for _ in range(steps):
        kept.append(w)
        w = w - learning_rate * mse_value_and_grad(w, X, y)[1]
    return kept


@sound
def sound_best(w, X, y, learning_rate, steps):
    best_loss, best_w = np.inf, w
    for _ in range(steps):
        loss, gradient = mse_value_and_grad(w, X, y)
        if loss < best_loss:
            best_loss, best_w = loss, w
        w = w - learning_rate * gradient
    return best_loss, best_w


@sound
def sound_ok_single_loop(x, y, w, b, lr, epochs):
    for _ in range(epochs):
        dw = db = 0.0
        for xi, yi in zip(x, y):
            e = w * xi + b - yi
            dw += 2 * e * xi
            db += 2 * e
        w -= lr * dw / len(x)
        b -= lr * db / len(x)
    return w, b


@sound
def sound_ok_line_dict(x, y, lr=0.05, epochs=50):
    p = {"w": 0.0, "b": 0.0}
    h = []
    for _ in range(epochs):
        e = p["w"] * x + p["b"] - y
        h.append(np.mean(e**2))
        p = {"w": p["w"] - lr * 2 * np.mean(e * x), "b": p["b"] - lr * 2 * np.mean(e)}
    return {**p, "losses": h}


@sound
def sound_split_inside(X, y, epochs=20, lr=0.05):
    n = int(0.8 * len(y))
    A, B, a, b = X[:n], X[n:], y[:n], y[n:]
    w = np.zeros(X.shape[1])
    best = np.inf
    for _ in range(epochs):
        w = w - lr * 2 * A.T @ (A @ w - a) / len(a)
        v = np.mean((B @ w - b) ** 2)
        if v < best:
            best, bw = v, w.copy()
    return bw, best


@sound
def sound_warmup(w, X, y, lr, steps):
    for t in range(steps):
        w = w - lr * min(1, (t + 1) / 3) * 2 * X.T @ (X @ w - y) / len(y)
    return w


@sound
def sound_averaging(w, X, y, lr, steps):
    avg = w.copy()
    for t in range(steps):
        w = w - lr * 2 * X.T @ (X @ w - y) / len(y)
        avg += (w - avg) / (t + 2)
    return w, avg


@sound
def sound_adam_batches(X, y, w, lr, epochs, batch_size, rng):
    m = v = np.zeros_like(w)
    t = 0
    for _ in range(epochs):
        p = rng.permutation(len(y))
        for s in range(0, len(y), batch_size):
            i = p[s : s + batch_size]
            t += 1
            g = 2 * X[i].T @ (X[i] @ w - y[i]) / len(i)
            m = 0.9 * m + 0.1 * g
            v = 0.999 * v + 0.001 * g * g
            w = w - lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w


@sound
def sound_ridge(w, X, y, lr, steps, lam=0.01):
    for _ in range(steps):
        w = w - lr * (2 * X.T @ (X @ w - y) / len(y) + 2 * lam * w)
    return w


@sound
def sound_np_until(X, y, lr=0.05, tol=1e-8, max_iter=1000):
    w = np.zeros(X.shape[1])
    for k in range(max_iter):
        g = 2 * X.T @ (X @ w - y) / len(y)
        if np.linalg.norm(g) < tol:
            break
        w = w - lr * g
    return w, k


@sound
def sound_swa(X, y, w, lr, epochs, batch_size, rng):
    for _ in range(epochs):
        for i in np.array_split(rng.permutation(len(y)), 3):
            w = w - lr * 2 * X[i].T @ (X[i] @ w - y[i]) / len(i)
    return SimpleNamespace(weights=w)


@faulty("wrong-sign")
def faulty_sign_res(X, y, lr=0.01, epochs=20):
    w = np.zeros(X.shape[1])
    for _ in range(epochs):
        w -= lr * 2 * X.T @ (y - X @ w) / len(y)
    return w


@faulty("sum-for-mean")
def faulty_sum_batch(X, y, w, lr, epochs, batch_size, rng):
    for _ in range(epochs):
        p = rng.permutation(len(y))
        for s in range(0, len(y), batch_size):
            i = p[s : s + batch_size]
            g = 0
            for j in i:
                g = g + 2 * (X[j] @ w - y[j]) * X[j]
            w = w - lr * g
    return w


@faulty("mean-divided-again")
def faulty_div_np(w, X, y, lr, steps):
    n = len(y)
    for _ in range(steps):
        g = np.mean(2 * (X @ w - y)[:, None] * X, axis=0)
        w = w - lr * g / n
    return w


@faulty("entry-for-column")
def faulty_entry(w, X, y, lr, steps):
    w = w.copy()
    for _ in range(steps):
        r = X @ w - y
        g = np.zeros_like(w)
        g[0] = 2 * r.mean()
        for j in range(1, len(w)):
            g[j] = 2 * np.mean(r * X[0, j])
        w -= lr * g
    return w


@faulty("entry-for-column")
def faulty_entry2(X, y, lr=0.05, n_epochs=10):
    w = np.zeros(X.shape[1])
    for _ in range(n_epochs):
        r = X @ w - y
        w = w - lr * np.array([(r * X[2, j]).sum() / len(y) for j in range(X.shape[1])])
    return w


@faulty("in-turn-updates")
def faulty_turn_wb(X, y, w, b, lr, epochs):
    for _ in range(epochs):
        w = w - lr * 2 * X.T @ (X @ w + b - y) / len(y)
        b = b - lr * 2 * np.mean(X @ w + b - y)
    return w, b


@faulty("no-intercept")
def faulty_noint(X, y, w, b, lr, epochs):
    for _ in range(epochs):
        w = w - lr * 2 * X.T @ (X @ w + b - y) / len(y)
    return w, b


@faulty("integer-parameters")
def faulty_int(X, y, lr=0.1, steps=20):
    w = np.array([0] * X.shape[1])
    for _ in range(steps):
        g = 2 * X.T @ (X @ w - y) / len(y)
        for j in range(len(w)):
            w[j] = w[j] - lr * g[j]
    return w


@faulty("integer-parameters")
def faulty_int2(w, X, y, lr, steps):
    w = w.astype(int)
    for _ in range(steps):
        w = (w - lr * 2 * X.T @ (X @ w - y) / len(y)).astype(int)
    return w


@faulty("gradients-accumulate")
def faulty_acc_np(w, X, y, lr, steps):
    g = np.zeros_like(w)
    for _ in range(steps):
        g += 2 * X.T @ (X @ w - y) / len(y)
        w = w - lr * g
    return w


@faulty("cleared-once-an-epoch")
def faulty_once_np(X, y, w, lr, epochs, batch_size):
    rng = np.random.default_rng(0)
    for _ in range(epochs):
        g = np.zeros_like(w)
        o = rng.permutation(len(y))
        for s in range(0, len(y), batch_size):
            i = o[s : s + batch_size]
            g += 2 * X[i].T @ (X[i] @ w - y[i]) / len(i)
            w = w - lr * g
    return w


@faulty("unshuffled")
def faulty_order_single(x, y, a, b, lr, epochs):
    for _ in range(epochs):
        for xi, yi in zip(x, y):
            e = a + b * xi - yi
            a, b = a - lr * 2 * e, b - lr * 2 * e * xi
    return a, b


@faulty("unshuffled")
def faulty_order_steps(X, y, w, lr, steps):
    for k in range(steps):
        i = k % len(y)
        w = w - lr * 2 * (X[i] @ w - y[i]) * X[i]
    return w


@faulty("same-shuffle")
def faulty_same_np(X, y, w, lr, epochs, batch_size):
    o = np.random.default_rng(5).permutation(len(y))
    for _ in range(epochs):
        for s in range(0, len(y), batch_size):
            i = o[s : s + batch_size]
            w = w - lr * 2 * X[i].T @ (X[i] @ w - y[i]) / len(i)
    return w


@faulty("rows-apart")
def faulty_apart_x(X, y, w, lr, epochs, batch_size, rng):
    for _ in range(epochs):
        o = rng.permutation(len(y))
        A = X[o]
        for s in range(0, len(y), batch_size):
            a, b = A[s : s + batch_size], y[s : s + batch_size]
            w = w - lr * 2 * a.T @ (a @ w - b) / len(b)
    return w


@faulty("rows-apart")
def faulty_apart_once(X, y, lr=0.05, epochs=10):
    X = X.copy()
    rng = np.random.default_rng(0)
    rng.shuffle(X)
    w = np.zeros(X.shape[1])
    for _ in range(epochs):
        w = w - lr * 2 * X.T @ (X @ w - y) / len(y)
    return w


@faulty("remainder-dropped")
def faulty_drop_np(X, y, w, lr, epochs, batch_size, rng):
    n = len(y) // batch_size * batch_size
    for _ in range(epochs):
        o = rng.permutation(n)
        for i in o.reshape(-1, batch_size):
            w = w - lr * 2 * X[i].T @ (X[i] @ w - y[i]) / batch_size
    return w


@faulty("remainder-dropped")
def faulty_drop_last_row(X, y, w, lr, epochs):
    for _ in range(epochs):
        for i in np.random.permutation(len(y) - 1):
            w = w - lr * 2 * (X[i] @ w - y[i]) * X[i]
    return w


@faulty("fixed-batch")
def faulty_fix_np(X, y, w, lr, steps, batch_size, rng):
    i = rng.choice(len(y), batch_size, replace=False)
    for _ in range(steps):
        w = w - lr * 2 * X[i].T @ (X[i] @ w - y[i]) / batch_size
    return w


@faulty("fixed-batch")
def faulty_fix_slice(X, y, w, lr, epochs, batch_size):
    for _ in range(epochs):
        for k in range(0, len(y), batch_size):
            a, b = X[:batch_size], y[:batch_size]
            w = w - lr * 2 * a.T @ (a @ w - b) / len(b)
    return w


@faulty("overlapping-batches")
def faulty_over(X, y, w, lr, epochs, batch_size, rng):
    for _ in range(epochs):
        o = rng.permutation(len(y))
        for k in range(len(y) // batch_size + 1):
            i = o[k : k + batch_size]
            w = w - lr * 2 * X[i].T @ (X[i] @ w - y[i]) / len(i)
    return w


@faulty("all-rows-every-batch")
def faulty_all(X, y, w, lr, epochs, batch_size):
    for _ in range(epochs):
        for k in range(0, len(y), batch_size):
            w = w - lr * 2 * X.T @ (X @ w - y) / len(y)
    return w


@faulty("aliased-record")
def faulty_alias(w, X, y, lr, steps):
    path = []
    w = w.copy()
    for _ in range(steps):
        w -= lr * 2 * X.T @ (X @ w - y) / len(y)
        path.append(w)
    return w, path


@faulty("aliased-record")
def faulty_alias_dict(w, X, y, lr, epochs):
    w = w.copy()
    h = {"w": w, "path": []}
    for _ in range(epochs):
        h["path"].append(w)
        w -= lr * 2 * X.T @ (X @ w - y) / len(y)
    return h


@faulty("best-loss-last-parameters")
def faulty_bl_d(w, X, y, lr, epochs):
    best = 1e9
    for _ in range(epochs):
        r = X @ w - y
        best = min(best, r @ r / len(r))
        w = w - lr * 2 * X.T @ r / len(y)
    return {"w": w, "best_loss": best}


@faulty("best-not-copied")
def faulty_nc_d(w, X, y, lr, epochs):
    w = w.copy()
    best = np.inf
    keep = w
    for _ in range(epochs):
        r = X @ w - y
        loss = r @ r / len(r)
        if loss < best:
            best, keep = loss, w
        w -= lr * 2 * X.T @ r / len(y)
    return dict(w=w, best_w=keep, best_loss=best)


@faulty("best-of-another-step")
def faulty_as(w, X, y, lr, steps):
    best = np.inf
    for _ in range(steps):
        r = X @ w - y
        loss = r @ r / len(r)
        w = w - lr * 2 * X.T @ r / len(y)
        if loss < best:
            best, bw = loss, w
    return bw, best


@faulty("r2-swapped")
def faulty_r2s(X, y, epochs=20, lr=0.05):
    from sklearn.metrics import r2_score

    w = np.zeros(X.shape[1])
    for _ in range(epochs):
        w = w - lr * 2 * X.T @ (X @ w - y) / len(y)
    return {"w": w, "score": r2_score(X @ w, y)}


@faulty("r2-swapped")
def faulty_r2b(truth, prediction):
    return (
        1
        - ((truth - prediction) ** 2).sum()
        / ((prediction - prediction.mean()) ** 2).sum()
    )


@faulty("explained-variance")
def faulty_evar(y_true, y_pred):
    return 1 - np.var(y_true - y_pred) / np.var(y_true)


@faulty("explained-variance")
def faulty_evar2(X, y, w, lr, epochs):
    for _ in range(epochs):
        w = w - lr * 2 * X.T @ (X @ w - y) / len(y)
    return w, 1 - (y - X @ w).var() / y.var()


@faulty("squared-correlation")
def faulty_corr(y_true, y_pred):
    return np.corrcoef(y_true, y_pred)[0, 1] ** 2


@faulty("scale-from-all-rows")
def faulty_leak(X_train, y_train, X_test, y_test, epochs=50, lr=0.1):
    A = np.concatenate([X_train, X_test])
    m, s = A.mean(0), A.std(0)
    s[s == 0] = 1
    A = np.column_stack([np.ones(len(X_train)), (X_train - m) / s])
    B = np.column_stack([np.ones(len(X_test)), (X_test - m) / s])
    w = np.zeros(A.shape[1])
    for _ in range(epochs):
        w -= lr * 2 * A.T @ (A @ w - y_train) / len(y_train)
    return w, B @ w


@faulty("scale-from-all-rows")
def faulty_leak2(X_train, X_test):
    A = np.vstack([X_train, X_test])
    return (X_train - A.mean(0)) / A.std(0), (X_test - A.mean(0)) / A.std(0)


@faulty("fresh-rows-own-scale")
def faulty_own(X_train, X_test):
    f = lambda A: (A - A.mean(0)) / A.std(0)
    return f(X_train), f(X_test)


@faulty("fresh-rows-own-scale")
def faulty_own2(X_train, y_train, X_test, y_test, epochs=50, lr=0.1):
    def sc(A):
        s = A.std(0)
        s = np.where(s == 0, 1, s)
        return np.column_stack([np.ones(len(A)), (A - A.mean(0)) / s])

    A, B = sc(X_train), sc(X_test)
    w = np.zeros(A.shape[1])
    for _ in range(epochs):
        w -= lr * 2 * A.T @ (A @ w - y_train) / len(y_train)
    return {
        "w": w,
        "score": 1
        - np.sum((y_test - B @ w) ** 2) / np.sum((y_test - y_test.mean()) ** 2),
    }


@faulty("nan-hidden")
def faulty_nan(X, y, w, lr, epochs):
    X = np.nan_to_num(X)
    y = np.nan_to_num(y)
    for _ in range(epochs):
        w = w - lr * 2 * X.T @ (X @ w - y) / len(y)
    return w


@faulty("nan-hidden")
def faulty_nan_g(X, y, w, lr, epochs):
    for _ in range(epochs):
        w = w - lr * np.nan_to_num(2 * X.T @ (X @ w - y) / len(y))
    return w


@faulty("nothing-moves")
def faulty_still_np(X, y, w, lr, epochs):
    for _ in range(epochs):
        g = 2 * X.T @ (X @ w - y) / len(y)
        new = w - lr * g
    return w


@faulty("wrong-step")
def faulty_noT(X, y, w, lr, epochs):
    for _ in range(epochs):
        r = X @ w - y
        w = w - lr * 2 * np.mean(np.abs(X) * r[:, None], axis=0)
    return w


@faulty("wrong-sign")
class FaultySignTrainer:
    def __init__(self, lr=0.01, n_iter=10):
        self.lr, self.n_iter = lr, n_iter

    def fit(self, X, y):
        self.w = np.zeros(X.shape[1])
        for _ in range(self.n_iter):
            self.w += self.lr * 2 * X.T @ (X @ self.w - y) / len(y)
        return self


@faulty("mean-divided-again")
def faulty_div_batch(X, y, w, lr, epochs, batch_size, rng):
    for _ in range(epochs):
        for i in _batches(len(y), batch_size, rng):
            w = w - lr / len(i) * _grad(w, X[i], y[i])
    return w


@faulty("entry-for-column")
def faulty_entry_line(x, y, m, b, lr, epochs):
    for _ in range(epochs):
        r = m * x + b - y
        m, b = m - lr * 2 * np.mean(r * x[1]), b - lr * 2 * np.mean(r)
    return m, b


@faulty("in-turn-updates")
def faulty_turn_nested(X, y, lr, n_iter):
    w = [0.0] * X.shape[1]
    n = len(y)
    for _ in range(n_iter):
        for j in range(len(w)):
            g = (
                sum(
                    (sum(X[i][k] * w[k] for k in range(len(w))) - y[i]) * X[i][j]
                    for i in range(n)
                )
                * 2
                / n
            )
            w[j] -= lr * g
    return w


@faulty("unshuffled")
def faulty_unsh32(X, y, lr=0.05, epochs=5):
    w = np.zeros(X.shape[1])
    for _ in range(epochs):
        for s in range(0, len(y), 32):
            w = w - lr * _grad(w, X[s : s + 32], y[s : s + 32])
    return w


@faulty("same-shuffle")
def faulty_same_random(X, y, w, lr, epochs):
    for _ in range(epochs):
        idx = list(range(len(y)))
        random.seed(42)
        random.shuffle(idx)
        for i in idx:
            w = w - lr * 2 * (X[i] @ w - y[i]) * X[i]
    return w


@faulty("same-shuffle")
def faulty_same_state(X, y, w, lr, epochs, batch_size):
    for _ in range(epochs):
        rng = np.random.RandomState(0)
        for i in _batches(len(y), batch_size, rng):
            w = w - lr * _grad(w, X[i], y[i])
    return w


@faulty("rows-apart")
def faulty_apart_pos(X, y, w, lr, epochs, batch_size, rng):
    for _ in range(epochs):
        for k, i in enumerate(_batches(len(y), batch_size, rng)):
            b = y[k * batch_size : k * batch_size + len(i)]
            w = w - lr * _grad(w, X[i], b)
    return w


@faulty("aliased-record")
def faulty_alias_sd(w, X, y, lr, steps):
    kept = [w]
    for _ in range(steps):
        np.subtract(w, lr * _grad(w, X, y), out=w)
        kept.append(w)
    return kept


@faulty("best-not-copied")
class FaultyNcTrainer:
    def __init__(self, lr=0.1, epochs=10):
        self.lr, self.epochs = lr, epochs

    def fit(self, X, y):
        self.w = np.zeros(X.shape[1])
        self.best_loss = np.inf
        for _ in range(self.epochs):
            loss = _mse(self.w, X, y)
            if loss < self.best_loss:
                self.best_loss = loss
                self.best_w = self.w
            self.w -= self.lr * _grad(self.w, X, y)
        return self


@faulty("best-loss-last-parameters")
def faulty_bl_log(X, y, w, lr, epochs):
    log = []
    for e in range(epochs):
        log.append((_mse(w, X, y), e))
        w = w - lr * _grad(w, X, y)
    return dict(params=w, best_loss=min(log)[0])


@faulty("r2-swapped")
def faulty_r2_class(X, y, w, lr, epochs):
    for _ in range(epochs):
        w = w - lr * _grad(w, X, y)
    p = X @ w
    return SimpleNamespace(
        w=w, r2=1 - np.sum((y - p) ** 2) / np.sum((p - p.mean()) ** 2)
    )


@faulty("squared-correlation")
def faulty_corr2(X, y, w, lr, epochs):
    for _ in range(epochs):
        w = w - lr * _grad(w, X, y)
    return w, np.corrcoef(X @ w, y)[0, 1] ** 2


@faulty("fresh-rows-own-scale")
def faulty_own_sk(X_train, X_test):
    from sklearn.preprocessing import StandardScaler

    return StandardScaler().fit_transform(X_train), StandardScaler().fit_transform(
        X_test
    )


@faulty("nan-hidden")
def faulty_nan_mean(X, y, w, lr, epochs):
    for _ in range(epochs):
        r = np.where(np.isnan(y), 0, X @ w - y)
        r = np.nan_to_num(r)
        w = w - lr * 2 * np.nan_to_num(X).T @ r / len(y)
    return w


@faulty("no-intercept")
def faulty_noint_zero(X, y, w, lr, steps):
    for _ in range(steps):
        g = _grad(w, X, y)
        g[0] = 0
        w = w - lr * g
    return w


@faulty("integer-parameters")
def faulty_int_full(X, y, lr=0.1, epochs=20):
    w = np.full(X.shape[1], 1)
    for _ in range(epochs):
        w[:] = w - lr * _grad(w, X, y)
    return w


@faulty("wrong-sign")
def faulty_sign(w, X, y, learning_rate, steps):
    for _ in range(steps):
        _, gradient = mse_value_and_grad(w, X, y)
        w = w + learning_rate * gradient
    return w


@faulty("aliased-record")
def faulty_record(w, X, y, learning_rate, steps):
    kept = []
    for _ in range(steps):
        kept.append(w)
        w -= learning_rate * mse_value_and_grad(w, X, y)[1]
    return kept


@faulty("best-of-another-step")
def faulty_best(w, X, y, learning_rate, steps):
    best_loss, best_w = np.inf, w
    for _ in range(steps):
        loss, gradient = mse_value_and_grad(w, X, y)
        w = w - learning_rate * gradient
        if loss < best_loss:
            best_loss, best_w = loss, w
    return best_loss, best_w


@faulty("all-rows-every-batch")
def faulty_all_rows_np(X, y, w, lr, epochs, batch_size):
    rng = np.random.default_rng(0)
    for _ in range(epochs):
        order = rng.permutation(len(y))
        for s in range(0, len(y), batch_size):
            rows = order[s : s + batch_size]
            r = X[order] @ w - y[order]
            w = w - lr * 2 * X[order].T @ r / len(r)
    return w


@faulty("overlapping-batches")
def faulty_over_inorder(X, y, w, lr, epochs, batch_size):
    for _ in range(epochs):
        for k in range(0, len(y) - batch_size, batch_size // 2):
            s = slice(k, k + batch_size)
            w = w - lr * 2 * X[s].T @ (X[s] @ w - y[s]) / batch_size
    return w


@faulty("nothing-moves")
def faulty_still_copy(w, X, y, lr, steps):
    for _ in range(steps):
        v = w.copy()
        v -= lr * 2 * X.T @ (X @ v - y) / len(y)
    return w


@faulty("nothing-moves")
def faulty_still_zero(X, y, w, lr, epochs):
    for _ in range(epochs):
        w = w - lr * (1 // 2) * X.T @ (X @ w - y) / len(y)
    return w


@faulty("wrong-step")
def faulty_step_squared(w, X, y, lr, steps):
    for _ in range(steps):
        w = w - lr * 2 * X.T @ (X @ w - y) ** 2 / len(y)
    return w


@faulty("wrong-step")
def faulty_step_forgot_x(X, y, w, lr, epochs):
    for _ in range(epochs):
        w = w - lr * 2 * np.mean(X @ w - y) * np.ones_like(w)
    return w


@faulty("wrong-step")
def faulty_step_sq(w, X, y, lr, steps):
    for _ in range(steps):
        w = w - lr * 2 * (X**2).T @ (X @ w - y) / len(y)
    return w


@faulty("explained-variance")
def faulty_evs(y, y_pred):
    from sklearn.metrics import explained_variance_score

    return explained_variance_score(y, y_pred)


@faulty("squared-correlation")
def faulty_pear(targets, predictions):
    return float(np.corrcoef(np.asarray(targets), np.asarray(predictions))[0, 1]) ** 2


@faulty("sum-for-mean")
def faulty_sum_single_loop(x, y, w, b, lr, epochs):
    for _ in range(epochs):
        dw = db = 0.0
        for xi, yi in zip(x, y):
            e = w * xi + b - yi
            dw += 2 * e * xi
            db += 2 * e
        w -= lr * dw
        b -= lr * db
    return w, b


@faulty("wrong-sign")
def faulty_line_sign(x, y, m, b, lr, epochs):
    for _ in range(epochs):
        e = y - (m * x + b)
        m, b = m - lr * 2 * np.mean(e * x), b - lr * 2 * np.mean(e)
    return m, b


@faulty("no-intercept")
def faulty_nob(X, y, lr=0.05, epochs=10):
    w = np.zeros(X.shape[1])
    b = 0.0
    for _ in range(epochs):
        e = X @ w + b - y
        w = w - lr * 2 * X.T @ e / len(y)
    return w, b


@faulty("in-turn-updates")
def faulty_turn_dict(X, y, lr=0.05, epochs=10):
    p = {"w": np.zeros(X.shape[1]), "b": 0.0}
    for _ in range(epochs):
        for k in p:
            e = X @ p["w"] + p["b"] - y
            p[k] = p[k] - lr * (2 * X.T @ e / len(y) if k == "w" else 2 * e.mean())
    return p


@faulty("integer-parameters")
def faulty_int_start(X, y, w, lr, epochs):
    w = np.rint(w).astype(np.int64)
    for _ in range(epochs):
        np.subtract(w, lr * 2 * X.T @ (X @ w - y) / len(y), out=w, casting="unsafe")
    return w


@faulty("fixed-batch")
def faulty_fix3(X, y, w, lr, epochs, batch_size):
    rng = np.random.default_rng(0)
    for _ in range(epochs):
        idx = np.random.default_rng(0).permutation(len(y))[:batch_size]
        w = w - lr * 2 * X[idx].T @ (X[idx] @ w - y[idx]) / len(idx)
    return w


@faulty("remainder-dropped")
def faulty_drop3(X, y, epochs=4, lr=0.01):
    X, y = X[:-1], y[:-1]
    w = np.zeros(X.shape[1])
    for _ in range(epochs):
        w = w - lr * 2 * X.T @ (X @ w - y) / len(y)
    return w


@faulty("rows-apart")
def faulty_apart3(X, y, w, lr, epochs):
    rng = np.random.default_rng(0)
    for _ in range(epochs):
        rng.shuffle(y)
        w = w - lr * 2 * X.T @ (X @ w - y) / len(y)
    return w


@faulty("best-not-copied")
def faulty_nc3(w, X, y, lr, steps):
    best = {"loss": np.inf, "w": None}
    w = w.copy()
    for _ in range(steps):
        loss = np.mean((X @ w - y) ** 2)
        if loss < best["loss"]:
            best.update(loss=loss, w=w)
        w -= lr * 2 * X.T @ (X @ w - y) / len(y)
    return best["w"], best["loss"]


@faulty("scale-from-all-rows")
def faulty_leak3(X_train, y_train, X_val, y_val, lr=0.1, epochs=30):
    mu = np.r_[X_train, X_val].mean(0)
    sd = np.r_[X_train, X_val].std(0)
    sd = np.where(sd < 1e-12, 1, sd)
    A, B = (X_train - mu) / sd, (X_val - mu) / sd
    w = np.zeros(A.shape[1])
    b = 0.0
    H = []
    for _ in range(epochs):
        e = A @ w + b - y_train
        w -= lr * 2 * A.T @ e / len(e)
        b -= lr * 2 * e.mean()
        H.append(np.mean((B @ w + b - y_val) ** 2))
    return w, b, H


@faulty("fresh-rows-own-scale")
def faulty_own3(X_train, y_train, X_test, lr=0.1, epochs=30):
    z = lambda A: (A - A.mean(0)) / (A.std(0) + 1e-12)
    A, B = z(X_train), z(X_test)
    w = np.zeros(A.shape[1])
    b = 0.0
    for _ in range(epochs):
        e = A @ w + b - y_train
        w -= lr * 2 * A.T @ e / len(e)
        b -= lr * 2 * e.mean()
    return {"w": w, "b": b, "predictions": B @ w + b}
