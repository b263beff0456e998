#!/usr/bin/env python3
"""The Python peers of the benchmark: SciPy, pyFFTW, PyTorch (eager) and JAX (jit), one process a measurement.

    peers.py --versions
    peers.py CASE PEER [--repository NAME=PATH] --threads T --warm-up-runs R --warm-up-seconds S --fewest-runs R --seconds S

The first prints which peers are installed, as JSON. The second sets one case up, runs it until it is warm, checks
it, times it, and prints one JSON object: the milliseconds of every timed run, the versions, the peak memory of the
process and what it was when only the libraries were loaded.

With --repository NAME=PATH (egnn, en_flows) the code of a clone of that repository is a peer too: see `published.py`.

The cases are those of `src/cases`, under the same ids, with the same shapes, number of parameters and work:

  fft-…           real FFT and back in float32
  rqs-forward-…   monotonic rational-quadratic spline with the logarithm of its derivative
  rqs-gradient-…  the same, with the gradient of ½ Σ y² − Σ ln y' to inputs and parameters
  trenf-…         one training step of a TRENF: loss, gradient, Adam
  egnn-step-…     one training step of EGNN on charged particles: loss, gradient, Adam
  en-flow-step-…  one training step of an E(n) flow: log-likelihood by dopri5 with a Hutchinson trace, gradient, AdamW
  pm-step-…, pm-run-…  particle-mesh N-body: one step; 2LPT and 40 steps

Equations: Durkan, Bekasov, Murray, Papamakarios 2019, arXiv:1906.04032, eqs. 4 to 8 (spline); Dai & Seljak 2022,
arXiv:2202.05282 (TRENF); Satorras, Hoogeboom, Welling 2021, arXiv:2102.09844, eqs. 3 to 7 (EGNN).
"""

import argparse
import importlib.metadata
import json
import math
import os
import platform
import re
import resource
import sys
import time

import ode
import particle_mesh
import published

DISTRIBUTIONS = {"scipy": "scipy", "pyfftw": "pyFFTW", "torch": "torch", "torchdiffeq": "torchdiffeq", "jax": "jax", "jaxpm": "jaxpm"}

# One training step: layers, knots of ln T and of psi, hidden units of the two networks of a layer.
LAYERS, KNOTS, HIDDEN, PARAMETERS_OF_THETA = 5, 8, 64, 2
LEARNING_RATE, BETA1, BETA2, EPSILON = 1e-4, 0.9, 0.999, 1e-8
# Default interval of a spline [-4, 4]; smallest bin as a fraction of it, smallest slope relative to the mean slope.
WIDTH = 8.0
LEAST_BIN, LEAST_SLOPE = 1e-3, 1e-3
SLOPE_SHIFT = math.log(math.expm1(1 - LEAST_SLOPE))


# ---------------------------------------------------------------------------------------------------------- cases


def describe(case):
    """Shapes of a case from its id, or None when there is no such case."""
    if match := re.fullmatch(r"fft-(\d+(?:x\d+)*)(?:-batch(\d+))?", case):
        grid = tuple(int(n) for n in match[1].split("x"))
        batch = (int(match[2]),) if match[2] else ()
        return {"kind": "fft", "shape": batch + grid, "axes": tuple(range(len(batch), len(batch) + len(grid)))}
    if match := re.fullmatch(r"rqs-(forward|gradient)-(\d+)bins", case):
        return {"kind": f"rqs-{match[1]}", "batch": 32, "values": 16384, "bins": int(match[2])}
    if match := re.fullmatch(r"trenf-(?:step|scaling)-([23])d-(\d+)-batch(\d+)", case):
        dimensions, n, batch = int(match[1]), int(match[2]), int(match[3])
        return {"kind": "trenf", "grid": (n,) * dimensions, "batch": batch}
    if match := re.fullmatch(r"egnn-step-charges-batch(\d+)", case):
        return {"kind": "egnn", "batch": int(match[1]), "particles": 5}
    return ode.describe(case) or particle_mesh.describe(case) or published.describe(case)


# ----------------------------------------------------------------------------------------------------- the machinery


def peak_memory():
    """Peak resident memory in bytes: VmHWM, which exec resets (ru_maxrss starts at the parent's size)."""
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale


def measure(run, check, effort):
    """Milliseconds of each timed run."""

    def time_one():
        start = time.perf_counter()
        run()
        return (time.perf_counter() - start) * 1e3

    runs, spent = 0, 0.0
    while runs < effort.warm_up_runs or spent < effort.warm_up_seconds * 1e3:
        spent += time_one()
        runs += 1
    check()
    times, spent = [], 0.0
    while len(times) < effort.fewest_runs or spent < effort.seconds * 1e3:
        times.append(time_one())
        spent += times[-1]
    return times


def knot_matrix(numpy, grid):
    """Matrix A with ln T(|k|) = A v for the natural cubic spline through v at 8 knots uniform in ln k.

    Rows: the half-complex modes of `grid` without k = 0, whose row is zero except in the last column (its own
    parameter). Also the weights of the modes in a sum over all of them (2, but 1 in column 0 and N/2).
    """
    n = grid[0]
    axes = [numpy.fft.fftfreq(n, 1 / n)] * (len(grid) - 1) + [numpy.arange(n // 2 + 1)]
    k = numpy.sqrt(sum(axis**2 for axis in numpy.meshgrid(*axes, indexing="ij"))).ravel()
    knots = numpy.linspace(0.0, math.log(k.max()), KNOTS)
    h = knots[1] - knots[0]
    # Second derivatives of the natural spline: a tridiagonal system.
    system, right = numpy.eye(KNOTS), numpy.zeros((KNOTS, KNOTS))
    for i in range(1, KNOTS - 1):
        system[i, i - 1 : i + 2] = (h / 6, 2 * h / 3, h / 6)
        right[i, i - 1 : i + 2] = (1 / h, -2 / h, 1 / h)
    curvature = numpy.linalg.solve(system, right)
    log_k = numpy.log(numpy.where(k > 0, k, 1.0))
    bin_ = numpy.clip(((log_k - knots[0]) / h).astype(int), 0, KNOTS - 2)
    b = (log_k - knots[bin_]) / h
    a = 1 - b
    one_hot = numpy.eye(KNOTS)
    matrix = (
        a[:, None] * one_hot[bin_]
        + b[:, None] * one_hot[bin_ + 1]
        + ((a**3 - a)[:, None] * curvature[bin_] + (b**3 - b)[:, None] * curvature[bin_ + 1]) * h * h / 6
    )
    matrix[k == 0] = 0
    matrix = numpy.concatenate([matrix, (k == 0)[:, None]], axis=1)
    column = numpy.where((numpy.arange(n // 2 + 1) == 0) | (2 * numpy.arange(n // 2 + 1) == n), 1.0, 2.0)
    weights = numpy.broadcast_to(column, grid[:-1] + (n // 2 + 1,)).ravel()
    return matrix.astype("float32"), weights.astype("float32")


def initial_networks(numpy):
    """Weights of the networks, two a layer: theta -> (ln T at 8 knots, ln T(0)), theta -> psi of 8 knots."""
    rng = numpy.random.default_rng(1)
    networks = []
    for outputs in (KNOTS + 1, 3 * KNOTS + 2) * LAYERS:
        for fan_in, fan_out in ((PARAMETERS_OF_THETA, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, outputs)):
            networks.append((rng.standard_normal((fan_in, fan_out)) * 0.3 / math.sqrt(fan_in)).astype("float32"))
            networks.append(numpy.zeros(fan_out, "float32"))
    return networks


# ------------------------------------------------------------------------------------------------------ SciPy, FFTW


def scipy_fft(case, threads):
    import numpy
    import scipy.fft

    def set_up():
        x = numpy.random.default_rng(0).standard_normal(case["shape"], dtype="float32")
        shape = [case["shape"][axis] for axis in case["axes"]]
        forward, back = (
            (scipy.fft.rfft2, scipy.fft.irfft2) if len(case["axes"]) == 2 else (scipy.fft.rfftn, scipy.fft.irfftn)
        )
        out = [x]

        def run():
            spectrum = forward(x, axes=case["axes"], workers=threads)
            out[0] = back(spectrum, shape, axes=case["axes"], workers=threads)

        return run, lambda: require(abs(out[0] - x).max() < 1e-4 and out[0].dtype == x.dtype, "round trip")

    return set_up


def pyfftw_fft(case, threads):
    import numpy
    import pyfftw

    def set_up():
        shape, axes = case["shape"], case["axes"]
        x = pyfftw.empty_aligned(shape, "float32")
        spectrum = pyfftw.empty_aligned(shape[:-1] + (shape[-1] // 2 + 1,), "complex64")
        y = pyfftw.empty_aligned(shape, "float32")
        flags = ("FFTW_MEASURE",)
        forward = pyfftw.FFTW(x, spectrum, axes=axes, direction="FFTW_FORWARD", flags=flags, threads=threads)
        back = pyfftw.FFTW(
            spectrum, y, axes=axes, direction="FFTW_BACKWARD", flags=(*flags, "FFTW_DESTROY_INPUT"), threads=threads
        )
        x[:] = numpy.random.default_rng(0).standard_normal(shape, dtype="float32")

        def run():
            forward()
            back()

        return run, lambda: require(abs(y - x).max() < 1e-4, "round trip")

    return set_up


# ---------------------------------------------------------------------------------------------------------- PyTorch


def torch_spline(torch, x, raw):
    """Rational-quadratic spline of x [batch, values], free numbers [batch, 3 knots + 2]: y and ln y'.

    The free numbers: logits of the widths and of the heights of the bins, slopes, then centre and ln width of the
    interval in x and in y.
    """
    count = (raw.shape[1] - 2) // 3
    bins = count - 1
    widths, heights, slopes, centre_x, size_x, centre_y, size_y = raw.split([bins, bins, count, 1, 1, 1, 1], dim=1)
    size_x, size_y = WIDTH * size_x.exp(), WIDTH * size_y.exp()
    w = size_x * (LEAST_BIN + (1 - bins * LEAST_BIN) * widths.softmax(1))
    h = size_y * (LEAST_BIN + (1 - bins * LEAST_BIN) * heights.softmax(1))
    d = (LEAST_SLOPE + torch.nn.functional.softplus(slopes + SLOPE_SHIFT)) * (size_y / size_x)
    start_x, start_y = centre_x * (WIDTH / 2) - size_x / 2, centre_y * (WIDTH / 2) - size_y / 2
    knots_x = torch.cat([start_x, start_x + w.cumsum(1)], dim=1)
    knots_y = torch.cat([start_y, start_y + h.cumsum(1)], dim=1)
    inside = torch.minimum(torch.maximum(x, knots_x[:, :1]), knots_x[:, -1:])
    bin_ = torch.searchsorted(knots_x[:, 1:-1].contiguous(), inside.detach(), right=True)
    # What depends on the bin alone is computed on the short tables, not on every value.
    s, d0, d1 = h / w, d[:, :-1], d[:, 1:]
    tables = (knots_x[:, :-1], 1 / w, knots_y[:, :-1], h, s, d0, d1, d0 + d1 - 2 * s)
    x0, inverse_w, y0, h, s, d0, d1, excess = (table.gather(1, bin_) for table in tables)
    t = (inside - x0) * inverse_w
    u = 1 - t
    tt, tu = t * t, t * u
    denominator = s + excess * tu
    ratio = s / denominator
    y = y0 + h * (s * tt + d0 * tu) / denominator
    derivative = ratio * ratio * (d1 * tt + 2 * (s * tu) + d0 * (u * u))
    # Linear tails: where x was not clipped the added term is zero, and the derivative is the end knot's.
    return y + (x - inside) * derivative, derivative.log()


def torch_rqs(case, threads):
    import numpy
    import torch

    torch.set_num_threads(threads)

    def set_up():
        rng = numpy.random.default_rng(0)
        gradient = case["kind"] == "rqs-gradient"
        x = torch.from_numpy(1.5 * rng.standard_normal((case["batch"], case["values"]), dtype="float32"))
        raw = torch.from_numpy(0.3 * rng.standard_normal((case["batch"], 3 * (case["bins"] + 1) + 2), dtype="float32"))
        out = [None]

        def forward():
            with torch.no_grad():
                out[0] = torch_spline(torch, x, raw)

        def forward_and_back():
            x.grad = raw.grad = None
            y, log_derivative = torch_spline(torch, x, raw)
            loss = 0.5 * (y * y).sum() - log_derivative.sum()
            loss.backward()
            out[0] = (x.grad, raw.grad)

        if gradient:
            x.requires_grad_(True)
            raw.requires_grad_(True)
        return (forward_and_back if gradient else forward), lambda: require(
            all(bool(torch.isfinite(value).all()) for value in out[0]), "finite results"
        )

    return set_up


def torch_fft(case, threads):
    import numpy
    import torch

    torch.set_num_threads(threads)

    def set_up():
        x = torch.from_numpy(numpy.random.default_rng(0).standard_normal(case["shape"], dtype="float32"))
        shape = [case["shape"][axis] for axis in case["axes"]]
        out = [x]

        def run():
            with torch.no_grad():
                out[0] = torch.fft.irfftn(torch.fft.rfftn(x, dim=case["axes"]), s=shape, dim=case["axes"])

        return run, lambda: require(float((out[0] - x).abs().max()) < 1e-4, "round trip")

    return set_up


def torch_trenf(case, threads):
    import numpy
    import torch

    torch.set_num_threads(threads)
    device = torch.device(case["device"])
    if device.type == "cuda" and not torch.cuda.is_available():
        sys.exit("peers.py: --device cuda: this PyTorch finds no GPU")

    def set_up():
        grid, batch = case["grid"], case["batch"]
        cells = math.prod(grid)
        axes = tuple(range(1, 1 + len(grid)))
        matrix, weights = (torch.from_numpy(value).to(device) for value in knot_matrix(numpy, grid))
        sums = weights @ matrix
        half = grid[:-1] + (grid[-1] // 2 + 1,)
        rng = numpy.random.default_rng(0)
        maps = torch.from_numpy(rng.standard_normal((batch, *grid), dtype="float32")).to(device)
        theta = torch.from_numpy(rng.uniform(-1, 1, (batch, PARAMETERS_OF_THETA)).astype("float32")).to(device)
        parameters = [torch.from_numpy(value).to(device).requires_grad_(True) for value in initial_networks(numpy)]
        optimiser = torch.optim.Adam(
            parameters, lr=LEARNING_RATE, betas=(BETA1, BETA2), eps=EPSILON, foreach=True
        )
        silu, linear = torch.nn.functional.silu, torch.addmm
        constant = 0.5 * cells * math.log(2 * math.pi)
        losses = []

        def network(weights):
            w1, b1, w2, b2, w3, b3 = weights
            return linear(b3, silu(linear(b2, silu(linear(b1, theta, w1)), w2)), w3)

        def run():
            optimiser.zero_grad(set_to_none=True)
            x, log_det = maps, 0.0
            for layer in range(LAYERS):
                log_filter, raw = (network(parameters[at : at + 6]) for at in (12 * layer, 12 * layer + 6))
                transfer = (log_filter @ matrix.T).exp().view(batch, *half)
                x = torch.fft.irfftn(torch.fft.rfftn(x, dim=axes) * transfer, s=grid, dim=axes)
                x, log_derivative = torch_spline(torch, x.reshape(batch, cells), raw)
                log_det = log_det + log_filter @ sums + log_derivative.sum(1)
                x = x.view(batch, *grid)
            loss = (0.5 * (x * x).sum(axes) + constant - log_det).mean()
            loss.backward()
            optimiser.step()
            losses.append(loss.detach())
            if device.type == "cuda":
                torch.cuda.synchronize()

        return run, lambda: require(
            bool(torch.isfinite(losses[-1])) and float(losses[-1]) < float(losses[0]), "a loss that falls"
        )

    return set_up


def torch_egnn(case, threads):
    """4 layers of 64 with velocities, edges as two lists of indices, messages added by `index_add`."""
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    width, layers = 64, 4

    def perceptron(inputs, outputs, *end):
        return nn.Sequential(nn.Linear(inputs, width), nn.SiLU(), nn.Linear(width, outputs), *end)

    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            self.edge = perceptron(2 * width + 3, width, nn.SiLU())
            self.node = perceptron(2 * width, width)
            self.velocity = perceptron(width, 1)
            last = nn.Linear(width, 1, bias=False)
            nn.init.xavier_uniform_(last.weight, gain=0.001)
            self.coordinate = nn.Sequential(nn.Linear(width, width), nn.SiLU(), last)

        def forward(self, h, x, v, features, receivers, senders, degree):
            difference = x[receivers] - x[senders]
            squared = (difference * difference).sum(1, keepdim=True)
            message = self.edge(torch.cat([h[receivers], h[senders], squared, features], 1))
            move = torch.zeros_like(x).index_add_(0, receivers, difference * self.coordinate(message))
            x = x + move / degree + self.velocity(h) * v
            collected = torch.zeros_like(h).index_add_(0, receivers, message)
            return h + self.node(torch.cat([h, collected], 1)), x

    def set_up():
        torch.manual_seed(0)
        batch, count = case["batch"], case["particles"]
        embedding, stack = nn.Linear(1, width), [Layer() for _ in range(layers)]
        parameters = [p for module in (embedding, *stack) for p in module.parameters()]
        optimiser = torch.optim.Adam(parameters, lr=5e-4, foreach=True)
        pairs = [(b * count + i, b * count + j) for b in range(batch) for i in range(count) for j in range(count)]
        receivers, senders = (torch.tensor(side) for side in zip(*(pair for pair in pairs if pair[0] != pair[1])))
        x, v = torch.randn(batch * count, 3), 0.5 * torch.randn(batch * count, 3)
        charges = torch.randn(batch * count, 1).sign()
        target = x + v + 0.1 * torch.randn_like(x)
        losses = []

        def run():
            optimiser.zero_grad(set_to_none=True)
            squared = (x[receivers] - x[senders]).square().sum(1, keepdim=True)
            features = torch.cat([charges[receivers] * charges[senders], squared], 1)
            h, at = embedding(v.norm(dim=1, keepdim=True)), x
            for layer in stack:
                h, at = layer(h, at, v, features, receivers, senders, count - 1.0)
            loss = (at - target).square().mean()
            loss.backward()
            optimiser.step()
            losses.append(loss.detach())

        return run, lambda: require(
            bool(torch.isfinite(losses[-1])) and float(losses[-1]) < float(losses[0]), "a loss that falls"
        )

    return set_up


# -------------------------------------------------------------------------------------------------------------- JAX


def jax_spline(jax, x, raw):
    """As `torch_spline`; the numbers of the bin are sums of steps at the knots, the fastest of six forms under XLA."""
    np = jax.numpy
    count = (raw.shape[1] - 2) // 3
    bins = count - 1
    ends = [bins, 2 * bins, 2 * bins + count] + [2 * bins + count + i for i in (1, 2, 3)]
    widths, heights, slopes, centre_x, size_x, centre_y, size_y = np.split(raw, ends, axis=1)
    size_x, size_y = WIDTH * np.exp(size_x), WIDTH * np.exp(size_y)
    w = size_x * (LEAST_BIN + (1 - bins * LEAST_BIN) * jax.nn.softmax(widths, axis=1))
    h = size_y * (LEAST_BIN + (1 - bins * LEAST_BIN) * jax.nn.softmax(heights, axis=1))
    d = (LEAST_SLOPE + jax.nn.softplus(slopes + SLOPE_SHIFT)) * (size_y / size_x)
    start_x, start_y = centre_x * (WIDTH / 2) - size_x / 2, centre_y * (WIDTH / 2) - size_y / 2
    knots_x = np.concatenate([start_x, start_x + np.cumsum(w, 1)], axis=1)
    knots_y = np.concatenate([start_y, start_y + np.cumsum(h, 1)], axis=1)
    inside = np.clip(x, knots_x[:, :1], knots_x[:, -1:])

    def select(table):
        value = table[:, :1]
        for i in range(1, bins):
            step = table[:, i : i + 1] - table[:, i - 1 : i]
            value = value + np.where(inside >= knots_x[:, i : i + 1], step, 0.0)
        return value

    x0, y0, w, h, d0, d1 = (select(table) for table in (knots_x[:, :-1], knots_y[:, :-1], w, h, d[:, :-1], d[:, 1:]))
    s = h / w
    t = (inside - x0) / w
    u = 1 - t
    denominator = s + (d1 + d0 - 2 * s) * t * u
    y = y0 + h * (s * t * t + d0 * t * u) / denominator
    derivative = s * s * (d1 * t * t + 2 * s * t * u + d0 * u * u) / (denominator * denominator)
    return y + (x - inside) * derivative, np.log(derivative)


def jax_rqs(case, threads):
    jax = import_jax(threads)
    import numpy

    def set_up():
        rng = numpy.random.default_rng(0)
        x = jax.numpy.asarray(1.5 * rng.standard_normal((case["batch"], case["values"]), dtype="float32"))
        raw = jax.numpy.asarray(
            0.3 * rng.standard_normal((case["batch"], 3 * (case["bins"] + 1) + 2), dtype="float32")
        )

        def loss(x, raw):
            y, log_derivative = jax_spline(jax, x, raw)
            return 0.5 * (y * y).sum() - log_derivative.sum()

        if case["kind"] == "rqs-gradient":
            step = jax.jit(jax.grad(loss, argnums=(0, 1)))
        else:
            step = jax.jit(lambda x, raw: jax_spline(jax, x, raw))
        out = [None]

        def run():
            out[0] = jax.block_until_ready(step(x, raw))

        return run, lambda: require(all(bool(jax.numpy.isfinite(v).all()) for v in out[0]), "finite results")

    return set_up


def jax_fft(case, threads):
    jax = import_jax(threads)
    import numpy

    def set_up():
        x = jax.numpy.asarray(numpy.random.default_rng(0).standard_normal(case["shape"], dtype="float32"))
        shape = [case["shape"][axis] for axis in case["axes"]]
        fft = jax.numpy.fft
        there_and_back = jax.jit(lambda x: fft.irfftn(fft.rfftn(x, axes=case["axes"]), shape, axes=case["axes"]))
        out = [x]

        def run():
            out[0] = jax.block_until_ready(there_and_back(x))

        return run, lambda: require(float(abs(out[0] - x).max()) < 1e-4, "round trip")

    return set_up


def jax_trenf(case, threads):
    jax = import_jax(threads)
    import numpy

    def set_up():
        np = jax.numpy
        grid, batch = case["grid"], case["batch"]
        cells = math.prod(grid)
        axes = tuple(range(1, 1 + len(grid)))
        matrix, weights = (np.asarray(value) for value in knot_matrix(numpy, grid))
        sums = weights @ matrix
        half = grid[:-1] + (grid[-1] // 2 + 1,)
        rng = numpy.random.default_rng(0)
        maps = np.asarray(rng.standard_normal((batch, *grid), dtype="float32"))
        theta = np.asarray(rng.uniform(-1, 1, (batch, PARAMETERS_OF_THETA)).astype("float32"))
        constant = 0.5 * cells * math.log(2 * math.pi)

        def network(weights, theta):
            w1, b1, w2, b2, w3, b3 = weights
            return jax.nn.silu(jax.nn.silu(theta @ w1 + b1) @ w2 + b2) @ w3 + b3

        def loss(parameters, maps, theta):
            x, log_det = maps, 0.0
            for layer in range(LAYERS):
                log_filter, raw = (
                    network(parameters[at : at + 6], theta) for at in (12 * layer, 12 * layer + 6)
                )
                transfer = np.exp(log_filter @ matrix.T).reshape(batch, *half)
                x = np.fft.irfftn(np.fft.rfftn(x, axes=axes) * transfer, grid, axes=axes)
                x, log_derivative = jax_spline(jax, x.reshape(batch, cells), raw)
                log_det = log_det + log_filter @ sums + log_derivative.sum(1)
                x = x.reshape(batch, *grid)
            return (0.5 * (x * x).sum(axes) + constant - log_det).mean()

        def adam(state, maps, theta):
            parameters, first, second, count = state
            value, gradient = jax.value_and_grad(loss)(parameters, maps, theta)
            count = count + 1
            first = [BETA1 * m + (1 - BETA1) * g for m, g in zip(first, gradient)]
            second = [BETA2 * v + (1 - BETA2) * g * g for v, g in zip(second, gradient)]
            rate = LEARNING_RATE * np.sqrt(1 - BETA2**count) / (1 - BETA1**count)
            parameters = [p - rate * m / (np.sqrt(v) + EPSILON) for p, m, v in zip(parameters, first, second)]
            return (parameters, first, second, count), value

        step = jax.jit(adam, donate_argnums=0)
        parameters = [np.asarray(value) for value in initial_networks(numpy)]
        zeros = lambda: [np.zeros_like(value) for value in parameters]  # noqa: E731
        state = [(parameters, zeros(), zeros(), np.float32(0))]
        losses = []

        def run():
            state[0], value = jax.block_until_ready(step(state[0], maps, theta))
            losses.append(value)

        return run, lambda: require(
            math.isfinite(float(losses[-1])) and float(losses[-1]) < float(losses[0]), "a loss that falls"
        )

    return set_up


def import_jax(threads):
    """JAX with a pool of `threads` threads: both settings are read when the CPU client starts."""
    os.environ["NPROC"] = str(threads)
    if threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax
    import jax.numpy

    jax.devices()
    return jax


# ------------------------------------------------------------------------------------------------------------- main

PEERS = {
    ("fft", "scipy"): scipy_fft,
    ("fft", "pyfftw"): pyfftw_fft,
    ("fft", "torch"): torch_fft,
    ("fft", "jax"): jax_fft,
    ("rqs-forward", "torch"): torch_rqs,
    ("rqs-forward", "jax"): jax_rqs,
    ("rqs-gradient", "torch"): torch_rqs,
    ("rqs-gradient", "jax"): jax_rqs,
    ("trenf", "torch"): torch_trenf,
    ("trenf", "jax"): jax_trenf,
    ("egnn", "torch"): torch_egnn,
    ("egnn", "egnn"): published.egnn_step,
    ("en-flow", "en_flows"): published.en_flow_step,
    ("ode", "scipy"): ode.scipy_ode,
    ("ode", "torchdiffeq"): ode.torchdiffeq_ode,
    ("pm-step", "jaxpm"): particle_mesh.jaxpm_step,
    ("pm-run", "jaxpm"): particle_mesh.jaxpm_run,
}


def require(condition, what):
    if not condition:
        sys.exit(f"peers.py: the check failed: expected {what}")


def versions(repositories):
    found = published.versions(repositories)
    for peer, distribution in DISTRIBUTIONS.items():
        try:
            found[peer] = importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def main():
    parser = argparse.ArgumentParser(description="Python peers of the benchmark")
    parser.add_argument("case", nargs="?")
    parser.add_argument("peer", nargs="?", choices=[*DISTRIBUTIONS, *published.REPOSITORIES])
    parser.add_argument("--versions", action="store_true")
    parser.add_argument("--repository", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu", help="where PyTorch takes TRENF steps: cpu or cuda")
    parser.add_argument("--warm-up-runs", type=int, default=3)
    parser.add_argument("--warm-up-seconds", type=float, default=0.3)
    parser.add_argument("--fewest-runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5)
    effort = parser.parse_args()
    repositories = dict(one.split("=", 1) for one in effort.repository)
    if effort.versions:
        print(json.dumps({"python": platform.python_version(), "peers": versions(repositories)}))
        return
    case = describe(effort.case or "")
    if case is None or effort.peer is None:
        parser.error(f"no such case: {effort.case}" if case is None else "name a peer")
    if (case["kind"], effort.peer) not in PEERS:
        parser.error(f"{effort.peer} has no case {effort.case}")
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(effort.threads)
    case = {**case, "device": effort.device}
    if effort.peer in repositories:
        case = {**case, "repository": repositories[effort.peer]}
    set_up = PEERS[case["kind"], effort.peer](case, effort.threads)
    baseline = peak_memory()
    # A case may also tell how far its results are from the truth.
    run, check, *error = set_up()
    times = measure(run, check, effort)
    print(
        json.dumps(
            {
                "times": times,
                "version": f"{versions(repositories)[effort.peer]}, Python {platform.python_version()}",
                "peakBytes": peak_memory(),
                "baselineBytes": baseline,
                **({"error": error[0]()} if error else {}),
            }
        )
    )


if __name__ == "__main__":
    main()
