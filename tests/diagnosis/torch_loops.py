"""Loops in PyTorch, sound and faulty, in unlike styles."""

# ruff: noqa: N805, N812, B007, B905, SIM

import copy
import math

import numpy as np
import torch
import torch.nn.functional as Fn
from loop_register import faulty, sound
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset, RandomSampler, TensorDataset


class RowsDS(Dataset):
    def __init__(s, X, y):
        s.X, s.y = X, y

    def __len__(s):
        return len(s.y)

    def __getitem__(s, i):
        return s.X[i], s.y[i]


class Reg(nn.Module):
    def __init__(s, k):
        super().__init__()
        s.w = nn.Parameter(torch.zeros(k))
        s.b = nn.Parameter(torch.zeros(1))

    def forward(s, X):
        return X @ s.w + s.b


@sound
def sound_torch_manual(X, y, lr, epochs):
    w = torch.zeros(X.shape[1], requires_grad=True)
    L = []
    for _ in range(epochs):
        loss = torch.mean((X @ w - y) ** 2)
        loss.backward()
        with torch.no_grad():
            w -= lr * w.grad
            w.grad.zero_()
        L.append(loss.item())
    return w.detach().numpy(), L


@sound
def sound_torch_gradfn(X, y, w, lr, epochs):
    for _ in range(epochs):
        w = w.detach().requires_grad_()
        (g,) = torch.autograd.grad(((X @ w - y) ** 2).mean(), w)
        w = w - lr * g
    return w.detach()


@sound
def sound_torch_float32(X, y, epochs=20, lr=0.1):
    X = torch.as_tensor(X, dtype=torch.float32)
    y = torch.as_tensor(y, dtype=torch.float32).reshape(-1, 1)
    net = nn.Sequential(nn.Linear(X.shape[1], 1, bias=False))
    opt = torch.optim.SGD(net.parameters(), lr=lr, momentum=0.9)
    for _ in range(epochs):
        opt.zero_grad(set_to_none=True)
        loss = nn.MSELoss()(net(X), y)
        loss.backward()
        opt.step()
    return net


@sound
def sound_torch_randperm(X, y, w, lr, epochs, batch_size):
    w = w.clone().requires_grad_(True)
    opt = torch.optim.SGD([w], lr)
    for _ in range(epochs):
        for i in torch.randperm(len(y)).split(batch_size):
            opt.zero_grad()
            (X[i] @ w - y[i]).pow(2).mean().backward()
            opt.step()
    return w


@sound
def sound_accumulate(model, optimizer, loader, epochs, every=2):
    for _ in range(epochs):
        optimizer.zero_grad()
        for k, (a, b) in enumerate(loader):
            (nn.functional.mse_loss(model(a), b) / every).backward()
            if (k + 1) % every == 0 or k + 1 == len(loader):
                optimizer.step()
                optimizer.zero_grad()


@sound
def sound_quickstart(dataloader, model, loss_fn, optimizer):
    model.train()
    for Xb, yb in dataloader:
        loss = loss_fn(model(Xb), yb)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()


@sound
def sound_full_val(
    model, train_loader, val_loader, criterion, optimizer, num_epochs, scheduler=None
):
    history = {"train": [], "val": []}
    best = float("inf")
    best_state = copy.deepcopy(model.state_dict())
    for e in range(num_epochs):
        model.train()
        run = 0.0
        for xb, yb in train_loader:
            optimizer.zero_grad()
            out = model(xb)
            loss = criterion(out, yb)
            loss.backward()
            optimizer.step()
            run += loss.item() * xb.size(0)
        if scheduler:
            scheduler.step()
        history["train"].append(run / len(train_loader.dataset))
        model.eval()
        v = 0.0
        with torch.no_grad():
            for xb, yb in val_loader:
                v += criterion(model(xb), yb).item() * xb.size(0)
        v /= len(val_loader.dataset)
        history["val"].append(v)
        if v < best:
            best = v
            best_state = copy.deepcopy(model.state_dict())
    model.load_state_dict(best_state)
    return model, history


@sound
def sound_model_arrays(model, X, y, epochs=5, lr=0.05):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    L = []
    for _ in range(epochs):
        loss = ((model(X).squeeze(-1) - y.squeeze(-1)) ** 2).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        L.append(loss.detach())
    return L


@sound
def sound_eval(model, X, y):
    was = model.training
    model.eval()
    with torch.no_grad():
        loss = nn.functional.mse_loss(model(X), y).item()
    model.train(was)
    return loss


@sound
def sound_quick_test(dataloader, model, loss_fn):
    model.eval()
    t = 0
    with torch.no_grad():
        for a, b in dataloader:
            t += loss_fn(model(a), b).item()
    return t / len(dataloader)


@sound
def sound_mlp(X, y, epochs=5):
    net = nn.Sequential(nn.Linear(X.shape[1], 8), nn.Tanh(), nn.Linear(8, 1))
    o = torch.optim.SGD(net.parameters(), 0.05)
    L = []
    for _ in range(epochs):
        for i in torch.randperm(len(y)).split(4):
            loss = nn.functional.mse_loss(net(X[i]).squeeze(1), y[i])
            o.zero_grad()
            loss.backward()
            o.step()
        L.append(loss.item())
    return net, L


@sound
def sound_dataset(X, y, epochs=4, batch_size=8, lr=0.05):
    net = nn.Linear(X.shape[1], 1).to(X.dtype)
    opt = torch.optim.SGD(net.parameters(), lr)
    hist = []
    for _ in range(epochs):
        s = 0.0
        for xb, yb in DataLoader(RowsDS(X, y), batch_size=batch_size, shuffle=True):
            loss = torch.mean((net(xb).flatten() - yb) ** 2)
            opt.zero_grad()
            loss.backward()
            opt.step()
            s += loss.item() * len(yb)
        hist.append(s / len(y))
    return net, hist


@sound
def sound_module(X, y, epochs=10):
    m = Reg(X.shape[1])
    o = torch.optim.AdamW(m.parameters(), lr=0.01)
    for _ in range(epochs):
        o.zero_grad()
        F_ = nn.functional.mse_loss(m(X), y)
        F_.backward()
        o.step()
    return m


@sound
def sound_lbfgs(X, y, epochs=3):
    m = Reg(X.shape[1])
    o = torch.optim.LBFGS(m.parameters(), lr=0.5)

    def closure():
        o.zero_grad()
        loss = ((m(X) - y) ** 2).mean()
        loss.backward()
        return loss

    for _ in range(epochs):
        o.step(closure)
    return m


@sound
def sound_torch_np_out(w, X, y, lr, steps):
    X, y, w = map(torch.as_tensor, (X, y, w))
    w = w.clone()
    for _ in range(steps):
        w -= lr * 2 * X.T @ (X @ w - y) / len(y)
    return w.numpy()


@sound
def sound_onecycle(model, optimizer, train_loader, epochs):
    sch = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs + 1)
    for _ in range(epochs):
        for xb, yb in train_loader:
            optimizer.zero_grad()
            nn.functional.mse_loss(model(xb), yb).backward()
            optimizer.step()
        sch.step()
    return model


@sound
def sound_clipnorm(net, opt, loader, criterion, n_epochs):
    net.train()
    losses = []
    for _ in range(n_epochs):
        e = []
        for xb, yb in loader:
            opt.zero_grad()
            loss = criterion(net(xb), yb)
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 100.0)
            opt.step()
            e.append(loss.item())
        losses.append(np.mean(e))
    return losses


@sound
def sound_eval_after(model, optimizer, loader, val_loader, epochs):
    def score():
        model.eval()
        with torch.no_grad():
            s = np.mean([((model(a) - b) ** 2).mean().item() for a, b in val_loader])
        model.train()
        return s

    out = []
    for _ in range(epochs):
        for a, b in loader:
            loss = ((model(a) - b) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        out.append(score())
    return {"losses": out}


@sound
def sound_best_model(model, optimizer, loader, epochs):
    best = float("inf")
    best_model = None
    for _ in range(epochs):
        t = 0.0
        for a, b in loader:
            loss = nn.functional.mse_loss(model(a), b)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            t += float(loss)
        if t < best:
            best, best_model = t, copy.deepcopy(model)
    return best_model


@sound
def sound_mode(model, X, y):
    was = model.training
    model.eval()
    with torch.no_grad():
        loss = Fn.mse_loss(model(X), y).item()
    model.train(was)
    return loss


@sound
def sound_ev_sound(net, test_loader):
    net.eval()
    s = n = 0
    with torch.no_grad():
        for xb, yb in test_loader:
            s += ((net(xb) - yb) ** 2).sum().item()
            n += len(yb)
    return s / n


@sound
def sound_r2_torch_ok(y_true, y_pred):
    return (
        1
        - torch.sum((y_pred - y_true) ** 2)
        / torch.sum((y_true - torch.mean(y_true)) ** 2)
    ).item()


@sound
def sound_sampler(X, y, epochs=4, batch_size=4, lr=0.01):
    net = nn.Linear(X.shape[1], 1)
    o = optim.SGD(net.parameters(), lr=lr)
    ds = TensorDataset(X, y)
    for _ in range(epochs):
        for a, b in DataLoader(
            ds, batch_size, sampler=RandomSampler(ds, replacement=True)
        ):
            o.zero_grad()
            Fn.mse_loss(net(a)[:, 0], b).backward()
            o.step()
    return net


@sound
def sound_model_val(model, X, y, X_val, y_val, epochs, lr=0.01):
    o = optim.SGD(model.parameters(), lr=lr)
    c = nn.MSELoss()
    H = []
    for _ in range(epochs):
        model.train()
        o.zero_grad()
        loss = c(model(X), y)
        loss.backward()
        o.step()
        model.eval()
        with torch.no_grad():
            H.append((loss.item(), c(model(X_val), y_val).item()))
    return H


@sound
def sound_nag_torch(X, y, epochs=6):
    net = nn.Linear(X.shape[1], 1)
    o = optim.SGD(
        net.parameters(), 0.01, momentum=0.9, nesterov=True, weight_decay=1e-3
    )
    for _ in range(epochs):
        o.zero_grad()
        Fn.mse_loss(net(X)[:, 0], y).backward()
        o.step()
    return net


@sound
def sound_plateau(model, optimizer, loader, val_loader, epochs):
    s = optim.lr_scheduler.ReduceLROnPlateau(optimizer)
    for _ in range(epochs):
        model.train()
        t = 0.0
        for a, b in loader:
            optimizer.zero_grad()
            loss = Fn.mse_loss(model(a), b)
            loss.backward()
            optimizer.step()
            t += loss.item()
        s.step(t)
    return model


@faulty("wrong-sign")
def faulty_sign_torch(X, y, w, lr, epochs):
    w = w.clone().requires_grad_()
    for _ in range(epochs):
        loss = ((X @ w - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w += lr * w.grad
        w.grad = None
    return w.detach()


@faulty("sum-for-mean")
def faulty_sum_torch(model, optimizer, loader, epochs):
    for _ in range(epochs):
        for a, b in loader:
            optimizer.zero_grad()
            ((model(a) - b) ** 2).sum().backward()
            optimizer.step()


@faulty("mean-divided-again")
def faulty_div_torch(model, optimizer, loader, criterion, epochs):
    for _ in range(epochs):
        for a, b in loader:
            optimizer.zero_grad()
            (criterion(model(a), b) / len(a)).backward()
            optimizer.step()


@faulty("entry-for-column")
def faulty_entry_t(X, y, w, lr, epochs):
    for _ in range(epochs):
        r = X @ w - y
        w = w - lr * 2 * torch.stack([(r * X[1, j]).mean() for j in range(len(w))])
    return w


@faulty("in-turn-updates")
def faulty_turn_torch(x, y, a, b, lr, epochs):
    for _ in range(epochs):
        a = a - lr * 2 * torch.mean(a + b * x - y)
        b = b - lr * 2 * torch.mean((a + b * x - y) * x)
    return a, b


@faulty("broadcast-loss")
def faulty_bc_model(model, optimizer, loader, epochs):
    for _ in range(epochs):
        for a, b in loader:
            loss = ((model(a).squeeze(-1) - b.reshape(-1, 1)) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


@faulty("broadcast-loss")
def faulty_bc_net(X, y, epochs=10):
    net = nn.Linear(X.shape[1], 1)
    o = torch.optim.SGD(net.parameters(), lr=0.05)
    for _ in range(epochs):
        o.zero_grad()
        loss = torch.mean((net(X) - y) ** 2)
        loss.backward()
        o.step()
    return net


@faulty("no-intercept")
def faulty_noint_net(X, y, epochs=10):
    net = nn.Linear(X.shape[1], 1)
    o = torch.optim.SGD([net.weight], lr=0.05)
    for _ in range(epochs):
        o.zero_grad()
        loss = torch.mean((net(X)[:, 0] - y) ** 2)
        loss.backward()
        o.step()
    return net


@faulty("integer-parameters")
def faulty_int_t(X, y, lr, epochs):
    w = torch.zeros(X.shape[1], dtype=torch.long)
    for _ in range(epochs):
        w[:] = w - lr * 2 * X.T @ (X @ w.to(X.dtype) - y) / len(y)
    return w


@faulty("gradients-accumulate")
def faulty_acc_manual(X, y, lr, epochs):
    w = torch.zeros(X.shape[1], requires_grad=True)
    for _ in range(epochs):
        ((X @ w - y) ** 2).mean().backward()
        with torch.no_grad():
            w -= lr * w.grad
    return w


@faulty("gradients-accumulate")
def faulty_acc_model(model, optimizer, loader, loss_fn, epochs):
    for _ in range(epochs):
        for a, b in loader:
            loss_fn(model(a), b).backward()
            optimizer.step()


@faulty("cleared-once-an-epoch")
def faulty_once_model(model, optimizer, loader, loss_fn, epochs):
    for _ in range(epochs):
        model.zero_grad()
        for a, b in loader:
            loss_fn(model(a), b).backward()
            optimizer.step()


@faulty("cleared-once-an-epoch")
def faulty_once_epochfn(model, optimizer, loader):
    optimizer.zero_grad()
    for a, b in loader:
        nn.functional.mse_loss(model(a), b).backward()
        optimizer.step()


@faulty("cleared-before-step")
def faulty_clr_model(model, optimizer, loader, epochs):
    for _ in range(epochs):
        for a, b in loader:
            nn.functional.mse_loss(model(a), b).backward()
            optimizer.zero_grad()
            optimizer.step()


@faulty("cleared-before-step")
def faulty_clr_own(X, y, epochs=10):
    net = nn.Linear(X.shape[1], 1)
    o = torch.optim.SGD(net.parameters(), lr=0.05)
    for _ in range(epochs):
        loss = ((net(X)[:, 0] - y) ** 2).mean()
        loss.backward()
        net.zero_grad()
        o.step()
    return net


@faulty("model-rebuilt")
def faulty_rebuilt_own(X, y, epochs=10):
    net = nn.Linear(X.shape[1], 1)
    o = torch.optim.SGD(net.parameters(), lr=0.05)
    net = nn.Linear(X.shape[1], 1)
    for _ in range(epochs):
        o.zero_grad()
        loss = ((net(X)[:, 0] - y) ** 2).mean()
        loss.backward()
        o.step()
    return net


@faulty("model-rebuilt")
def faulty_rebuilt_copy(model, optimizer, loader, epochs):
    net = copy.deepcopy(model)
    for _ in range(epochs):
        for a, b in loader:
            optimizer.zero_grad()
            nn.functional.mse_loss(net(a), b).backward()
            optimizer.step()
    return net


@faulty("schedule-for-optimizer")
def faulty_sched_own(X, y, epochs=10):
    net = nn.Linear(X.shape[1], 1)
    o = torch.optim.SGD(net.parameters(), lr=0.05)
    s = torch.optim.lr_scheduler.StepLR(o, 5)
    for _ in range(epochs):
        o.zero_grad()
        loss = ((net(X)[:, 0] - y) ** 2).mean()
        loss.backward()
        s.step()
    return net


@faulty("schedule-for-optimizer")
def faulty_sched_exp(model, optimizer, loader, epochs):
    s = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    for _ in range(epochs):
        for a, b in loader:
            optimizer.zero_grad()
            nn.functional.mse_loss(model(a), b).backward()
        s.step()


@faulty("detached-loss")
def faulty_det_own(X, y, epochs=10):
    net = nn.Linear(X.shape[1], 1)
    o = torch.optim.SGD(net.parameters(), lr=0.05)
    for _ in range(epochs):
        loss = torch.tensor(((net(X)[:, 0] - y) ** 2).mean().item(), requires_grad=True)
        o.zero_grad()
        loss.backward()
        o.step()
    return net


@faulty("detached-loss")
def faulty_det_nograd(model, optimizer, loader, loss_fn, epochs):
    for _ in range(epochs):
        for a, b in loader:
            loss = loss_fn(model(a).detach(), b).requires_grad_()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


@faulty("detached-loss")
def faulty_det_w(w, X, y, lr, steps):
    w = w.clone().requires_grad_()
    o = torch.optim.SGD([w], lr)
    for _ in range(steps):
        loss = ((X @ w - y) ** 2).mean()
        loss = torch.tensor(float(loss), requires_grad=True)
        o.zero_grad()
        loss.backward()
        o.step()
    return w.detach()


@faulty("unshuffled")
def faulty_order_torch(X, y, w, lr, epochs, batch_size):
    w = w.clone().requires_grad_()
    o = torch.optim.SGD([w], lr)
    for _ in range(epochs):
        for a, b in DataLoader(TensorDataset(X, y), batch_size):
            o.zero_grad()
            ((a @ w - b) ** 2).mean().backward()
            o.step()
    return w.detach()


@faulty("same-shuffle")
def faulty_same_loader(X, y, epochs=5, batch_size=4, lr=0.05):
    net = nn.Linear(X.shape[1], 1)
    o = torch.optim.SGD(net.parameters(), lr=lr)
    for _ in range(epochs):
        g = torch.Generator().manual_seed(0)
        for a, b in DataLoader(
            TensorDataset(X, y), batch_size, shuffle=True, generator=g
        ):
            o.zero_grad()
            nn.functional.mse_loss(net(a)[:, 0], b).backward()
            o.step()
    return net


@faulty("same-shuffle")
def faulty_same_seed(model, optimizer, loader, epochs):
    for _ in range(epochs):
        torch.manual_seed(0)
        for a, b in loader:
            optimizer.zero_grad()
            nn.functional.mse_loss(model(a), b).backward()
            optimizer.step()


@faulty("rows-apart")
def faulty_apart_t(X, y, w, lr, epochs):
    w = w.clone().requires_grad_()
    o = torch.optim.SGD([w], lr)
    for _ in range(epochs):
        A = X[torch.randperm(len(X))]
        o.zero_grad()
        ((A @ w - y) ** 2).mean().backward()
        o.step()
    return w.detach()


@faulty("remainder-dropped")
def faulty_drop_t(X, y, w, lr, epochs, batch_size):
    w = w.clone().requires_grad_()
    k = len(y) // batch_size
    for _ in range(epochs):
        for j in torch.randperm(k):
            s = slice(j * batch_size, (j + 1) * batch_size)
            loss = ((X[s] @ w - y[s]) ** 2).mean()
            (g,) = torch.autograd.grad(loss, w)
            with torch.no_grad():
                w -= lr * g
    return w.detach()


@faulty("fixed-batch")
def faulty_fix_t(X, y, epochs=5, batch_size=4, lr=0.05):
    a, b = next(iter(DataLoader(TensorDataset(X, y), batch_size, shuffle=True)))
    net = nn.Linear(X.shape[1], 1)
    o = torch.optim.SGD(net.parameters(), lr=lr)
    for _ in range(epochs):
        o.zero_grad()
        nn.functional.mse_loss(net(a)[:, 0], b).backward()
        o.step()
    return net


@faulty("all-rows-every-batch")
def faulty_all_t(X, y, epochs=5, batch_size=4, lr=0.05):
    net = nn.Linear(X.shape[1], 1)
    o = torch.optim.SGD(net.parameters(), lr=lr)
    for _ in range(epochs):
        for a, b in DataLoader(TensorDataset(X, y), batch_size, shuffle=True):
            o.zero_grad()
            nn.functional.mse_loss(net(X)[:, 0], y).backward()
            o.step()
    return net


@faulty("aliased-record")
def faulty_alias_t(w, X, y, lr, steps):
    w = w.clone().requires_grad_()
    kept = []
    for _ in range(steps):
        loss = ((X @ w - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w -= lr * w.grad
            w.grad.zero_()
        kept.append(w.detach())
    return kept


@faulty("graph-kept")
def faulty_graph_total(model, optimizer, loader, epochs):
    total = 0
    L = []
    for _ in range(epochs):
        total = 0
        for a, b in loader:
            loss = nn.functional.mse_loss(model(a), b)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss
        L.append(total / len(loader))
    return L


@faulty("graph-kept")
def faulty_graph_dict(X, y, w, lr, epochs):
    w = w.clone().requires_grad_()
    o = torch.optim.SGD([w], lr)
    h = {"loss": []}
    for _ in range(epochs):
        loss = ((X @ w - y) ** 2).mean()
        o.zero_grad()
        loss.backward()
        o.step()
        h["loss"].append(loss)
    h["w"] = w.detach()
    return h


@faulty("graph-kept")
def faulty_graph_pairs(X, y, epochs=5):
    net = nn.Linear(X.shape[1], 1)
    o = torch.optim.SGD(net.parameters(), lr=0.05)
    h = []
    for _ in range(epochs):
        loss = ((net(X)[:, 0] - y) ** 2).mean()
        o.zero_grad()
        loss.backward()
        o.step()
        h.append((loss.item(), ((net(X)[:, 0] - y) ** 2).mean()))
    return net, h


@faulty("best-loss-last-parameters")
def faulty_bl_t(w, X, y, lr, steps):
    L = []
    for _ in range(steps):
        w = w.detach().requires_grad_()
        loss = ((X @ w - y) ** 2).mean()
        loss.backward()
        L.append(loss.item())
        w = (w - lr * w.grad).detach()
    return w, min(L)


@faulty("best-not-copied")
def faulty_nc_t(w, X, y, lr, steps):
    w = w.clone().requires_grad_()
    o = torch.optim.SGD([w], lr)
    best = float("inf")
    for _ in range(steps):
        loss = ((X @ w - y) ** 2).mean()
        if loss.item() < best:
            best = loss.item()
            best_w = w.detach()
        o.zero_grad()
        loss.backward()
        o.step()
    return best_w, best


@faulty("best-not-copied")
def faulty_nc_sd(X, y, lr, epochs):
    net = nn.Linear(X.shape[1], 1)
    o = torch.optim.SGD(net.parameters(), lr=lr)
    best = float("inf")
    for _ in range(epochs):
        loss = ((net(X)[:, 0] - y) ** 2).mean()
        if loss.item() < best:
            best = loss.item()
            ck = net.state_dict()
        o.zero_grad()
        loss.backward()
        o.step()
    net.load_state_dict(ck)
    return net, best


@faulty("best-of-another-step")
def faulty_as_t(X, y, w, lr, epochs):
    w = w.clone().requires_grad_()
    o = torch.optim.SGD([w], lr)
    best = 1e9
    for _ in range(epochs):
        loss = ((X @ w - y) ** 2).mean()
        o.zero_grad()
        loss.backward()
        o.step()
        if loss < best:
            best = loss.item()
            bw = w.detach().clone()
    return {"best_w": bw, "best_loss": best, "w": w.detach()}


@faulty("trained-in-eval-mode")
def faulty_eval_never(model, optimizer, loader, val_loader, loss_fn, epochs):
    for _ in range(epochs):
        for a, b in loader:
            optimizer.zero_grad()
            loss_fn(model(a), b).backward()
            optimizer.step()
        model.eval()
        s = 0
        with torch.no_grad():
            for a, b in val_loader:
                s += loss_fn(model(a), b).item()


@faulty("trained-in-eval-mode")
def faulty_eval_start(model, optimizer, loader, epochs):
    model.eval()
    for _ in range(epochs):
        for a, b in loader:
            optimizer.zero_grad()
            nn.functional.mse_loss(model(a), b).backward()
            optimizer.step()


@faulty("scored-in-training-mode")
def faulty_val_train(model, train_loader, val_loader, optimizer, criterion, epochs):
    h = []
    for _ in range(epochs):
        model.train()
        for a, b in train_loader:
            optimizer.zero_grad()
            criterion(model(a), b).backward()
            optimizer.step()
        with torch.no_grad():
            h.append(sum(criterion(model(a), b).item() for a, b in val_loader))
    return h


@faulty("scored-in-training-mode")
def faulty_ev(model, X, y):
    with torch.inference_mode():
        return ((model(X) - y) ** 2).mean().item()


@faulty("scored-in-training-mode")
def faulty_ev2(model, loader):
    model.train()
    return sum(nn.functional.mse_loss(model(a), b).item() for a, b in loader)


@faulty("nan-hidden")
def faulty_nan_t(model, optimizer, loader, epochs):
    for _ in range(epochs):
        for a, b in loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(
                model(torch.nan_to_num(a)), torch.nan_to_num(b)
            )
            loss.backward()
            optimizer.step()


@faulty("wrong-sign")
def faulty_maximize(model, loader, epochs, lr=0.01):
    o = torch.optim.SGD(model.parameters(), lr=lr, maximize=True)
    for _ in range(epochs):
        for a, b in loader:
            o.zero_grad()
            nn.functional.mse_loss(model(a), b).backward()
            o.step()


@faulty("sum-for-mean")
def faulty_sum_reduction(X, y, epochs=5, lr=0.001):
    net = nn.Linear(X.shape[1], 1)
    o = torch.optim.SGD(net.parameters(), lr=lr)
    c = nn.MSELoss(reduction="sum")
    for _ in range(epochs):
        o.zero_grad()
        c(net(X).squeeze(), y).backward()
        o.step()
    return net


@faulty("broadcast-loss")
def faulty_bc_reg(X, y, w, lr, steps):
    w = w.clone().requires_grad_()
    for _ in range(steps):
        loss = ((X @ w.unsqueeze(1) - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w -= lr * w.grad
        w.grad = None
    return w.detach()


@faulty("broadcast-loss")
def faulty_bc_val(model, optimizer, loader, loss_fn, epochs):
    for _ in range(epochs):
        for a, b in loader:
            optimizer.zero_grad()
            loss_fn(model(a), b.squeeze()).backward()
            optimizer.step()


@faulty("gradients-accumulate")
def faulty_acc_epochfn(model, optimizer, loss_fn, loader):
    model.train()
    tot = 0
    for a, b in loader:
        loss = loss_fn(model(a), b)
        loss.backward()
        optimizer.step()
        tot += loss.item()
    return tot / len(loader)


@faulty("gradients-accumulate")
def faulty_acc_mlp(X, y, epochs=5):
    net = nn.Sequential(nn.Linear(X.shape[1], 6), nn.ReLU(), nn.Linear(6, 1))
    o = torch.optim.SGD(net.parameters(), 0.01)
    for _ in range(epochs):
        nn.functional.mse_loss(net(X)[:, 0], y).backward()
        o.step()
    return net


@faulty("cleared-once-an-epoch")
def faulty_once_own(X, y, epochs=5):
    net = nn.Linear(X.shape[1], 1)
    o = torch.optim.SGD(net.parameters(), 0.01)
    for _ in range(epochs):
        for i in torch.randperm(len(y)).split(3):
            nn.functional.mse_loss(net(X[i])[:, 0], y[i]).backward()
            o.step()
        o.zero_grad()
    return net


@faulty("model-rebuilt")
class FaultyRebuild:
    def __init__(self, epochs=5):
        self.epochs = epochs

    def fit(self, X, y):
        self.model = nn.Linear(X.shape[1], 1)
        opt = torch.optim.SGD(self.model.parameters(), lr=0.05)
        self.model = nn.Linear(X.shape[1], 1)
        for _ in range(self.epochs):
            opt.zero_grad()
            ((self.model(X)[:, 0] - y) ** 2).mean().backward()
            opt.step()
        return self


@faulty("detached-loss")
def faulty_det_np(X, y, epochs=5):
    net = nn.Linear(X.shape[1], 1)
    o = torch.optim.SGD(net.parameters(), lr=0.05)
    for _ in range(epochs):
        p = torch.tensor(net(X)[:, 0].tolist())
        loss = ((p - y) ** 2).mean()
        loss = torch.autograd.Variable(loss, requires_grad=True)
        o.zero_grad()
        loss.backward()
        o.step()
    return net


@faulty("unshuffled")
def faulty_unsh_net(X, y, epochs=4):
    net = nn.Sequential(nn.Linear(X.shape[1], 6), nn.Tanh(), nn.Linear(6, 1))
    o = torch.optim.Adam(net.parameters(), 0.01)
    for _ in range(epochs):
        for xb, yb in DataLoader(TensorDataset(X, y), batch_size=8):
            o.zero_grad()
            nn.functional.mse_loss(net(xb)[:, 0], yb).backward()
            o.step()
    return net


@faulty("unshuffled")
def faulty_unsh_mom(X, y, epochs=4, batch_size=4):
    net = nn.Linear(X.shape[1], 1)
    o = torch.optim.SGD(net.parameters(), 0.01, momentum=0.9)
    for _ in range(epochs):
        for xb, yb in DataLoader(TensorDataset(X, y), batch_size):
            o.zero_grad()
            nn.functional.mse_loss(net(xb)[:, 0], yb).backward()
            o.step()
    return net


@faulty("rows-apart")
def faulty_apart_loader(X, y, epochs=4, batch_size=4, lr=0.01):
    net = nn.Linear(X.shape[1], 1)
    o = torch.optim.SGD(net.parameters(), lr=lr)
    for _ in range(epochs):
        for xb, yb in zip(
            DataLoader(X, batch_size, shuffle=True),
            DataLoader(y, batch_size, shuffle=True),
        ):
            o.zero_grad()
            nn.functional.mse_loss(net(xb)[:, 0], yb).backward()
            o.step()
    return net


@faulty("remainder-dropped", "unshuffled")
def faulty_drop_droplast(X, y, epochs=4, batch_size=4, lr=0.01):
    net = nn.Linear(X.shape[1], 1)
    o = torch.optim.SGD(net.parameters(), lr=lr)
    for _ in range(epochs):
        for xb, yb in DataLoader(TensorDataset(X, y), batch_size, drop_last=True):
            o.zero_grad()
            nn.functional.mse_loss(net(xb)[:, 0], yb).backward()
            o.step()
    return net


@faulty("fixed-batch")
def faulty_fix_break(X, y, epochs=4, batch_size=4, lr=0.01):
    net = nn.Linear(X.shape[1], 1)
    o = torch.optim.SGD(net.parameters(), lr=lr)
    dl = DataLoader(TensorDataset(X, y), batch_size)
    for _ in range(epochs):
        xb, yb = next(iter(dl))
        o.zero_grad()
        nn.functional.mse_loss(net(xb)[:, 0], yb).backward()
        o.step()
    return net


@faulty("graph-kept")
def faulty_graph_epochfn(model, optimizer, loader, loss_fn):
    run = 0.0
    for a, b in loader:
        loss = loss_fn(model(a), b)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        run = run + loss
    return run / len(loader)


@faulty("best-not-copied")
def faulty_nc_model(model, optimizer, loader, epochs):
    best = float("inf")
    for _ in range(epochs):
        t = 0.0
        for a, b in loader:
            loss = nn.functional.mse_loss(model(a), b)
            t += loss.item()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if t / len(loader) < best:
            best = t / len(loader)
            best_model = model
    return best_model, best


@faulty("trained-in-eval-mode")
def faulty_eval_fn(model, optimizer, loader, val_loader, loss_fn):
    for a, b in loader:
        loss = loss_fn(model(a), b)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        return sum(loss_fn(model(a), b).item() for a, b in val_loader)


@faulty("scored-in-training-mode")
def faulty_score_own(X, y, epochs=4):
    net = nn.Sequential(
        nn.Linear(X.shape[1], 8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 1)
    )
    o = torch.optim.SGD(net.parameters(), 0.05)
    h = []
    for _ in range(epochs):
        loss = nn.functional.mse_loss(net(X)[:, 0], y)
        o.zero_grad()
        loss.backward()
        o.step()
        with torch.no_grad():
            h.append(nn.functional.mse_loss(net(X)[:, 0], y).item())
    return net, h


@faulty("scale-from-all-rows")
def faulty_leak_minmax(X_train, X_test):
    both = torch.cat([X_train, X_test])
    lo, hi = both.min(0).values, both.max(0).values
    return (X_train - lo) / (hi - lo), (X_test - lo) / (hi - lo)


@faulty("graph-kept", "scored-in-training-mode")
def faulty_graphs(model, X, y, epochs):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    losses, held_out = [], []
    for _ in range(epochs):
        loss = Fn.mse_loss(model(X[:8]), y[:8])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss)
        held_out.append(Fn.mse_loss(model(X[8:]), y[8:]))
    return losses, held_out


@faulty("all-rows-every-batch")
def faulty_all_rows_model(model, X, y, epochs, batch_size, lr=0.01):
    o = optim.SGD(model.parameters(), lr=lr)
    for _ in range(epochs):
        for k in range(0, len(y), batch_size):
            i = torch.randperm(len(y))
            o.zero_grad()
            Fn.mse_loss(model(X[i]).view(-1), y[i].view(-1)).backward()
            o.step()


@faulty("overlapping-batches")
def faulty_over_t(X, y, w, lr, epochs, batch_size):
    for _ in range(epochs):
        p = torch.randperm(len(y))
        for k in range(math.ceil(len(y) / batch_size)):
            i = p[k : k + batch_size]
            w = w - lr * 2 * X[i].T @ (X[i] @ w - y[i]) / len(i)
    return w


@faulty("nothing-moves")
def faulty_still_torch(w, X, y, lr, epochs):
    w = w.clone().requires_grad_()
    for _ in range(epochs):
        loss = ((X @ w - y) ** 2).mean()
        loss.backward()
        w.data.clone().sub_(lr * w.grad)
        w.grad.zero_()
    return w.detach()


@faulty("trained-in-eval-mode")
def faulty_eval_own(X, y, epochs=3):
    net = nn.Sequential(
        nn.Linear(X.shape[1], 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1)
    )
    o = optim.SGD(net.parameters(), 0.05)
    h = []
    for _ in range(epochs):
        o.zero_grad()
        Fn.mse_loss(net(X)[:, 0], y).backward()
        o.step()
        net.eval()
        with torch.no_grad():
            h.append(Fn.mse_loss(net(X)[:, 0], y).item())
    return net


@faulty("scored-in-training-mode")
def faulty_ev_loader(net, test_loader):
    s = n = 0
    with torch.no_grad():
        for xb, yb in test_loader:
            s += ((net(xb) - yb) ** 2).sum().item()
            n += len(yb)
    return s / n


@faulty("r2-swapped")
def faulty_r2_torch(y_true, y_pred):
    return 1 - torch.sum((y_pred - y_true) ** 2) / torch.sum(
        (y_pred - torch.mean(y_pred)) ** 2
    )


@faulty("mean-divided-again")
def faulty_div_own(X, y, epochs=5):
    net = nn.Linear(X.shape[1], 1)
    o = optim.SGD(net.parameters(), 0.1)
    for _ in range(epochs):
        loss = Fn.mse_loss(net(X).squeeze(-1), y) / X.shape[0]
        o.zero_grad()
        loss.backward()
        o.step()
    return net


@faulty("broadcast-loss")
def faulty_bc_tensors(X, y, lr, epochs):
    w = torch.zeros(X.shape[1], 1, requires_grad=True)
    o = optim.SGD([w], lr)
    for _ in range(epochs):
        o.zero_grad()
        ((X @ w - y) ** 2).mean().backward()
        o.step()
    return w.detach().flatten()


@faulty("gradients-accumulate")
def faulty_acc_np_m(model, X, y, epochs=5, lr=0.01):
    o = optim.SGD(model.parameters(), lr=lr)
    L = []
    for _ in range(epochs):
        loss = Fn.mse_loss(model(X).reshape(-1), y.reshape(-1))
        loss.backward()
        o.step()
        L.append(loss.item())
    return model, L


@faulty("cleared-before-step")
def faulty_clr3(w, X, y, learning_rate, steps):
    w = w.clone().requires_grad_()
    o = optim.SGD([w], lr=learning_rate)
    for _ in range(steps):
        ((X @ w - y) ** 2).mean().backward()
        o.zero_grad()
        o.step()
    return w.detach()


@faulty("cleared-before-step")
def faulty_clr4(model, optimizer, loader, epochs):
    for _ in range(epochs):
        for a, b in loader:
            loss = Fn.mse_loss(model(a), b)
            loss.backward()
            for p in model.parameters():
                p.grad = None
            optimizer.step()


@faulty("schedule-for-optimizer")
def faulty_sched3(model, optimizer, scheduler, train_loader, criterion, epochs):
    for e in range(epochs):
        for a, b in train_loader:
            optimizer.zero_grad()
            criterion(model(a), b).backward()
        scheduler.step()
    return model


@faulty("model-rebuilt")
def faulty_rebuilt3(X, y, epochs=4, lr=0.1):
    def make():
        return nn.Linear(X.shape[1], 1)

    model = make()
    o = optim.Adam(model.parameters(), lr)
    model = make()
    L = []
    for _ in range(epochs):
        loss = Fn.mse_loss(model(X).squeeze(), y)
        o.zero_grad()
        loss.backward()
        o.step()
        L.append(loss.item())
    return model, L


@faulty("detached-loss")
def faulty_det3(model, optimizer, loader, epochs):
    for _ in range(epochs):
        for a, b in loader:
            p = torch.tensor(model(a).tolist(), requires_grad=True)
            loss = ((p - b) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


@faulty("same-shuffle")
def faulty_same3(X, y, epochs=4, batch_size=5, lr=0.01):
    net = nn.Linear(X.shape[1], 1)
    o = optim.SGD(net.parameters(), lr=lr)
    g = torch.Generator()
    for _ in range(epochs):
        g.manual_seed(1)
        p = torch.randperm(len(y), generator=g)
        for i in p.split(batch_size):
            o.zero_grad()
            Fn.mse_loss(net(X[i])[:, 0], y[i]).backward()
            o.step()
    return net


@faulty("unshuffled")
def faulty_unsh_adam(X, y, w, lr, epochs, batch_size):
    w = w.clone().requires_grad_()
    o = optim.Adam([w], lr)
    for _ in range(epochs):
        for a, b in zip(X.split(batch_size), y.split(batch_size)):
            o.zero_grad()
            ((a @ w - b) ** 2).mean().backward()
            o.step()
    return w.detach()


@faulty("graph-kept")
def faulty_graph3(w, X, y, lr, steps):
    w = w.clone().requires_grad_()
    total = 0
    for _ in range(steps):
        loss = ((X @ w - y) ** 2).mean()
        (g,) = torch.autograd.grad(loss, w)
        total = total + ((X @ w - y) ** 2).mean()
        w = (w - lr * g).detach().requires_grad_()
    return w.detach(), total


@faulty("nan-hidden")
def faulty_nan3(X, y, epochs=5, lr=0.05):
    X = torch.nan_to_num(X)
    y = torch.where(torch.isnan(y), torch.zeros_like(y), y)
    net = nn.Linear(X.shape[1], 1)
    o = optim.SGD(net.parameters(), lr)
    for _ in range(epochs):
        o.zero_grad()
        Fn.mse_loss(net(X)[:, 0], y).backward()
        o.step()
    return net
