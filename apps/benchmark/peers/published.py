"""The authors' own models as peers, imported from clones of their repositories and run as their training scripts do.

  egnn      github.com/vgsatorras/egnn (main_nbody.py): EGNN on the charged particles
  en_flows  github.com/vgsatorras/en_flows (main_dw4_lj13.py): the E(n) flow on DW4

Nothing of them is changed but for this: the batch is cloned before a step, because EGNN adds to the positions in
place; the E(n) flow's model is built without its module `dw4_experiment.models`, whose imports are other models'.
"""

import importlib.metadata
import math
import os
import re
import subprocess
import sys

# A file that only this repository has.
REPOSITORIES = {"egnn": "n_body_system/model.py", "en_flows": "flows/ffjord.py"}


def describe(case):
    if match := re.fullmatch(r"en-flow-step-dw4-batch(\d+)", case):
        return {"kind": "en-flow", "batch": int(match[1]), "particles": 4, "dimensions": 2}
    return None


def versions(repositories):
    """PyTorch's version and the clone's commit, by name."""
    found = {}
    for name, path in repositories.items():
        if name not in REPOSITORIES or not os.path.exists(os.path.join(path, REPOSITORIES[name])):
            sys.exit(f"error: --peers {name}={path}: no clone of that repository; give the folder that holds its README")
        try:
            torch = importlib.metadata.version("torch")
            if name == "en_flows":
                torch += f", torchdiffeq {importlib.metadata.version('torchdiffeq')}"
        except importlib.metadata.PackageNotFoundError as missing:
            sys.exit(f"error: --peers {name}={path}: this Python has no {missing.args[0]}; install it or name another")
        command = ["git", "-C", path, "rev-parse", "--short", "HEAD"]
        answer = subprocess.run(command, capture_output=True, text=True)
        commit = answer.stdout.strip() if answer.returncode == 0 else "no commit"
        found[name] = f"{commit}, torch {torch}"
    return found


def falls(losses):
    if not (math.isfinite(losses[-1]) and losses[-1] < losses[0]):
        sys.exit("peers.py: the check failed: expected a loss that falls")


def egnn_step(case, threads):
    """`main_nbody.py --model egnn_vel` with its defaults, one batch."""
    sys.path.insert(0, case["repository"])
    import torch
    from n_body_system.model import EGNN_vel

    torch.set_num_threads(threads)

    def set_up():
        torch.manual_seed(0)
        batch, count = case["batch"], case["particles"]
        model = EGNN_vel(in_node_nf=1, in_edge_nf=2, hidden_nf=64, n_layers=4, recurrent=True, norm_diff=False)
        optimizer = torch.optim.Adam(model.parameters(), lr=5e-4, weight_decay=1e-12)
        pairs = [(b * count + i, b * count + j) for b in range(batch) for i in range(count) for j in range(count) if i != j]
        edges = [torch.tensor(side) for side in zip(*pairs)]
        loc, vel = torch.randn(batch * count, 3), 0.5 * torch.randn(batch * count, 3)
        charges = torch.randn(batch * count, 1).sign()
        target = loc + vel + 0.1 * torch.randn_like(loc)
        losses = []

        def run():
            optimizer.zero_grad()
            rows, columns = edges
            products = charges[rows] * charges[columns]
            nodes = torch.sqrt(torch.sum(vel**2, dim=1)).unsqueeze(1).detach()
            squared = torch.sum((loc[rows] - loc[columns]) ** 2, 1).unsqueeze(1)
            attributes = torch.cat([products, squared], 1).detach()
            loss = torch.nn.functional.mse_loss(model(nodes, loc.clone(), edges, vel, attributes), target)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())

        return run, lambda: falls(losses)

    return set_up


def en_flow_step(case, threads):
    """`main_dw4_lj13.py --data dw4 --model egnn_dynamics` with its defaults, one batch."""
    sys.path.insert(0, case["repository"])
    import torch
    from egnn.models import EGNN_dynamics
    from flows.distributions import PositionPrior
    from flows.ffjord import FFJORD
    from flows.utils import remove_mean

    torch.set_num_threads(threads)

    def set_up():
        torch.manual_seed(0)
        batch, count, dimensions = case["batch"], case["particles"], case["dimensions"]
        dynamics = EGNN_dynamics(
            n_particles=count, n_dimension=dimensions, hidden_nf=32, n_layers=3, recurrent=True,
            tanh=True, attention=True, condition_time=True, mode="egnn_dynamics", agg="sum",
        )
        flow, prior = FFJORD(dynamics, trace_method="hutch", hutch_noise="bernoulli"), PositionPrior()
        optimizer = torch.optim.AdamW(flow.parameters(), lr=5e-4, amsgrad=True, weight_decay=1e-12)
        data = remove_mean(2.5 * torch.randn(batch, count, dimensions))
        losses = []

        def run():
            optimizer.zero_grad()
            z, delta, _ = flow(data)
            loss = -(prior(z) + delta.view(-1)).mean()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())

        return run, lambda: falls(losses)

    return set_up
