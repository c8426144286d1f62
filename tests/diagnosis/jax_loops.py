"""Loops in JAX, sound and faulty, in unlike styles."""

# ruff: noqa: B023, E731, SIM

import jax
import jax.numpy as jnp
from loop_register import faulty, sound


@sound
def sound_jax_fori(X, y, w, lr, steps):
    g = jax.grad(lambda w: jnp.mean((X @ w - y) ** 2))
    return jax.lax.fori_loop(0, steps, lambda i, w: w - lr * g(w), w)


@sound
def sound_jax_momentum(w, X, y, lr, epochs):
    v = jnp.zeros_like(w)
    for _ in range(epochs):
        g = jax.grad(lambda w: jnp.mean((X @ w - y) ** 2))(w)
        v = 0.8 * v + g
        w = w - lr * v
    return w


@sound
def sound_jax_dict(X, y, lr, epochs):
    p = {"w": jnp.zeros(X.shape[1]), "b": jnp.array(0.0)}
    loss = lambda p: jnp.mean((X @ p["w"] + p["b"] - y) ** 2)
    for _ in range(epochs):
        p = jax.tree.map(lambda a, g: a - lr * g, p, jax.grad(loss)(p))
    return p


@sound
def sound_jit_step(X, y, w, lr, epochs):
    @jax.jit
    def step(w):
        return w - lr * 2 * X.T @ (X @ w - y) / y.shape[0]

    for _ in range(epochs):
        w = step(w)
    return w, jnp.mean((X @ w - y) ** 2)


@sound
def sound_optax(X, y, lr=0.1, epochs=5):
    import optax

    w = jnp.zeros(X.shape[1])
    tx = optax.sgd(lr)
    st = tx.init(w)
    f = lambda w: jnp.mean((X @ w - y) ** 2)
    for _ in range(epochs):
        u, st = tx.update(jax.grad(f)(w), st)
        w = optax.apply_updates(w, u)
    return w


@sound
def sound_optax_adam(X, y, lr=0.1, epochs=5):
    import optax

    w = jnp.zeros(X.shape[1])
    tx = optax.adam(lr)
    st = tx.init(w)
    f = lambda w: jnp.mean((X @ w - y) ** 2)
    L = []
    for _ in range(epochs):
        loss, g = jax.value_and_grad(f)(w)
        u, st = tx.update(g, st)
        w = optax.apply_updates(w, u)
        L.append(float(loss))
    return {"params": w, "losses": L}


@sound
def sound_jscan(w, X, y, lr, steps):
    def body(w, _):
        loss, g = jax.value_and_grad(lambda w: jnp.mean((X @ w - y) ** 2))(w)
        return w - lr * g, loss

    return jax.lax.scan(body, w, None, length=steps)


@faulty("wrong-sign")
def faulty_sign_jax(w, X, y, lr, epochs):
    for _ in range(epochs):
        w = w + lr * jax.grad(lambda w: jnp.mean((X @ w - y) ** 2))(w)
    return w


@faulty("mean-divided-again")
def faulty_div_jax(w, X, y, lr, steps):
    for _ in range(steps):
        w = w - lr * jax.grad(lambda w: jnp.mean((X @ w - y) ** 2) / len(y))(w)
    return w


@faulty("in-turn-updates")
def faulty_turn_jax(w, X, y, lr, steps):
    for _ in range(steps):
        for j in range(len(w)):
            w = w.at[j].add(-lr * 2 * jnp.mean((X @ w - y) * X[:, j]))
    return w


@faulty("broadcast-loss")
def faulty_bc_jax(X, y, lr=0.1, epochs=20):
    w = jnp.zeros((X.shape[1], 1))
    for _ in range(epochs):
        w = w - lr * jax.grad(lambda w: jnp.mean((X @ w - y) ** 2))(w)
    return w


@faulty("unshuffled")
def faulty_order_jax(X, y, w, lr, epochs, batch_size):
    for _ in range(epochs):
        for s in range(0, len(y), batch_size):
            w = w - lr * jax.grad(
                lambda w: jnp.mean(
                    (X[s : s + batch_size] @ w - y[s : s + batch_size]) ** 2
                )
            )(w)
    return w


@faulty("rows-apart")
def faulty_apart_jax(X, y, w, lr, epochs, key):
    for k in jax.random.split(key, epochs):
        A = jax.random.permutation(k, X)
        w = w - lr * jax.grad(lambda w: jnp.mean((A @ w - y) ** 2))(w)
    return w


@faulty("best-loss-last-parameters")
def faulty_bl_j(w, X, y, lr, steps):
    L = []
    for _ in range(steps):
        loss, g = jax.value_and_grad(lambda w: jnp.mean((X @ w - y) ** 2))(w)
        L.append(float(loss))
        w = w - lr * g
    return min(L), w


@faulty("sum-for-mean")
def faulty_sum_jax(X, y, w, lr, steps):
    for _ in range(steps):
        w = w - lr * jax.grad(lambda v: jnp.sum(jnp.square(X @ v - y)))(w)
    return w


@faulty("nothing-moves")
def faulty_still_jax(w, X, y, lr, epochs):
    for _ in range(epochs):
        g = jax.grad(lambda w: jnp.mean((X @ w - y) ** 2))(w)
        w.at[:].add(-lr * g)
    return w


@faulty("best-of-another-step")
def faulty_another_jax(w, X, y, lr, steps):
    best = jnp.inf
    bw = w
    for _ in range(steps):
        loss, g = jax.value_and_grad(lambda w: jnp.mean((X @ w - y) ** 2))(w)
        w = w - lr * g
        if loss < best:
            best, bw = loss, w
    return bw, float(best)
