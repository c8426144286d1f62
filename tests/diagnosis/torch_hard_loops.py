"""Loops in PyTorch that are easily misjudged: other losses, own loaders, no step."""

import torch
from loop_register import faulty, sound
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset


@faulty("nothing-moves")
def faulty_no_step(model, optimizer, loader):
    for x, y in loader:
        optimizer.zero_grad()
        functional.mse_loss(model(x), y).backward()


@faulty("nothing-moves")
def faulty_no_backward(model, optimizer, loader, loss_fn, epochs):
    for _ in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(model(x), y)
            optimizer.step()


@faulty("nothing-moves")
def faulty_step_not_called(X, y, lr, epochs):
    model = nn.Linear(X.shape[1], 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(epochs):
        functional.mse_loss(model(X)[:, 0], y).backward()
        optimizer.step  # noqa: B018
        optimizer.zero_grad()
    return model


@faulty("schedule-for-optimizer")
def faulty_schedule_steps(model, optimizer, loader, scheduler):
    for x, y in loader:
        optimizer.zero_grad()
        functional.mse_loss(model(x), y).backward()
        scheduler.step()


@faulty("cleared-before-step")
def faulty_cleared_by_hand(X, y, w, lr, epochs):
    w = w.clone().requires_grad_()
    for _ in range(epochs):
        ((X @ w - y) ** 2).mean().backward()
        w.grad.zero_()
        with torch.no_grad():
            w -= lr * w.grad
    return w.detach()


def _epoch(model, optimizer, loader, loss, clear=True):
    for x, y in loader:
        if clear:
            optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()


@sound
def sound_absolute_error_of_a_model(model, optimizer, loader):
    _epoch(model, optimizer, loader, functional.l1_loss)


@sound
def sound_logits(model, optimizer, loader):
    _epoch(model, optimizer, loader, functional.binary_cross_entropy_with_logits)


@sound
def sound_classes(model, optimizer, loader):
    _epoch(model, optimizer, loader, functional.cross_entropy)


@faulty("gradients-accumulate")
def faulty_logits_pile(model, optimizer, loader):
    loss = functional.binary_cross_entropy_with_logits
    _epoch(model, optimizer, loader, loss, clear=False)


@sound
def sound_huber_of_a_model(X, y, lr, epochs):
    X, y = X.float(), y.float()[:, None]
    model = nn.Linear(X.shape[1], 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(epochs):
        optimizer.zero_grad()
        functional.huber_loss(model(X), y).backward()
        optimizer.step()
    return model


@faulty("same-shuffle")
def faulty_own_loader_reseeded(model, optimizer, X, y, epochs):
    for _ in range(epochs):
        rng = torch.Generator().manual_seed(0)
        loader = DataLoader(TensorDataset(X, y), 4, shuffle=True, generator=rng)
        _epoch(model, optimizer, loader, lambda p, y: functional.mse_loss(p[:, 0], y))


@faulty("unshuffled")
def faulty_own_loader_in_order(model, optimizer, X, y, epochs):
    loader = DataLoader(TensorDataset(X, y), batch_size=4)
    for _ in range(epochs):
        _epoch(model, optimizer, loader, lambda p, y: ((p[:, 0] - y) ** 2).mean())


def _own_batches(X, y, epochs, squeeze):
    model = nn.Linear(X.shape[1], 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(epochs):
        loader = DataLoader(TensorDataset(X, y), batch_size=4, shuffle=True)
        for x, t in loader:
            optimizer.zero_grad()
            out = model(x)[:, 0] if squeeze else model(x)
            ((out - t) ** 2).mean().backward()
            optimizer.step()
    return model


@faulty("broadcast-loss")
def faulty_broadcast_in_batches(X, y, epochs):
    return _own_batches(X, y, epochs, squeeze=False)


@sound
def sound_own_batches(X, y, epochs):
    return _own_batches(X, y, epochs, squeeze=True)


@faulty("rows-apart")
def faulty_two_loaders(X, y, lr, epochs, batch_size):
    inputs = DataLoader(X.float(), batch_size, shuffle=True)
    targets = DataLoader(y.float(), batch_size, shuffle=True)
    w = torch.zeros(X.shape[1], requires_grad=True)
    for _ in range(epochs):
        for x, t in zip(inputs, targets, strict=True):
            (g,) = torch.autograd.grad(((x @ w - t) ** 2).mean(), w)
            with torch.no_grad():
                w -= lr * g
    return w


@faulty("gradients-accumulate", "unshuffled")
def faulty_piles_in_order(X, y, lr, epochs, batch_size):
    X, y = X.float(), y.float()[:, None]
    model = nn.Linear(X.shape[1], 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    loader = DataLoader(TensorDataset(X, y), batch_size)
    for _ in range(epochs):
        _epoch(model, optimizer, loader, functional.mse_loss, clear=False)
    return model


@sound
def sound_state_dict(model, optimizer, loader, loss_fn, epochs):
    for _ in range(epochs):
        _epoch(model, optimizer, loader, loss_fn)
    return model.state_dict()


@faulty("best-not-copied")
def faulty_best_state_dict(model, optimizer, loader, val_loader, loss_fn, epochs):
    best, best_state = float("inf"), None
    for _ in range(epochs):
        model.train()
        _epoch(model, optimizer, loader, loss_fn)
        model.eval()
        with torch.no_grad():
            scores = [loss_fn(model(x), y).item() for x, y in val_loader]
        if sum(scores) / len(scores) < best:
            best, best_state = sum(scores) / len(scores), model.state_dict()
    model.load_state_dict(best_state)
    return {"model": model, "best_loss": best}
