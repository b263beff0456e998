"""The initial-value problems of `src/cases/ode.ts` for SciPy and torchdiffeq, one thread, from end to end."""

import math
import sys

ROWS, LINEAR = 10_000, 100


def describe(case):
    """Problem and method of a case from its id, or None."""
    parts = case.split("-")
    if parts[0] != "ode" or len(parts) != 3:
        return None
    return {"kind": "ode", "problem": parts[1], "method": parts[2]}


def lorenz(_, y):
    return [10 * (y[1] - y[0]), y[0] * (28 - y[2]) - y[1], y[0] * y[1] - 8 / 3 * y[2]]


def kepler(_, y):
    r2 = y[0] * y[0] + y[1] * y[1]
    r3 = r2 * r2**0.5
    return [y[2], y[3], -y[0] / r3, -y[1] / r3]


def robertson(_, y):
    a, b, c = 0.04 * y[0], 1e4 * y[1] * y[2], 3e7 * y[1] * y[1]
    return [-a + b, a - b - c, c]


def linear_matrix(numpy):
    i, j = numpy.meshgrid(numpy.arange(LINEAR), numpy.arange(LINEAR), indexing="ij")
    r = numpy.sin(1 + 3 * i + 7 * j) / 20
    return r - r.T - 0.1 * numpy.eye(LINEAR)


# Field, initial state, end, relative and absolute tolerance by method, bound on the error by method.
SMALL = {
    "lorenz": (lorenz, [1.0, 1.0, 1.0], 10.0, {"dopri5": 5e-3, "dopri8": 1e-5}),
    "kepler": (kepler, [0.5, 0.0, 0.0, math.sqrt(3)], 20 * math.pi, {"dopri5": 6e-2, "dopri8": 3e-5}),
}
TOLERANCE = {"dopri5": 1e-6, "dopri8": 1e-9}


def distance(y, exact):
    """Largest error, relative where the truth is above 1."""
    return max(abs(float(a) - float(b)) / max(1, abs(float(b))) for a, b in zip(y, exact))


def relative(y, exact):
    """Largest relative error."""
    return max(abs(float(a) - float(b)) / abs(float(b)) for a, b in zip(y, exact))


def require_near(error, bound):
    if not error <= bound:
        sys.exit(f"peers.py: the check failed: an error of {error}, allowed {bound}")


def exact_end(field, y0, t1):
    from scipy.integrate import solve_ivp

    return solve_ivp(field, [0, t1], y0, method="DOP853", rtol=3e-14, atol=1e-15).y[:, -1]


def scipy_ode(case, _threads):
    import numpy
    from scipy.integrate import solve_ivp

    name, method = case["problem"], case["method"]

    def set_up():
        end = [None]
        if name in SMALL:
            field, y0, t1, bounds = SMALL[name]
            tolerance = TOLERANCE[method]
            options = {"method": {"dopri5": "RK45", "dopri8": "DOP853"}[method], "rtol": tolerance, "atol": tolerance}
            exact, bound = exact_end(field, y0, t1), bounds[method]
        elif name == "linear":
            matrix = linear_matrix(numpy)
            field, y0, t1 = (lambda _, y: matrix @ y), numpy.ones(LINEAR), 10.0
            options = {"method": "RK45", "rtol": 1e-6, "atol": 1e-9}
            exact, bound = exact_end(field, y0, t1), 1e-4
        else:
            field, y0, t1 = robertson, [1.0, 0.0, 0.0], 1e11
            options = {"method": {"bdf": "BDF", "radau": "Radau"}[method], "rtol": 1e-6, "atol": 1e-14}
            exact, bound = [2.083340149701255e-8, 8.333360770334722e-14, 0.9999999791665050], 1e-2

        def run():
            end[0] = solve_ivp(field, [0, t1], y0, **options).y[:, -1]

        def error():
            return (relative if name == "robertson" else distance)(end[0], exact)

        return run, lambda: require_near(error(), bound), error

    return set_up


def torchdiffeq_ode(case, threads):
    import torch
    from torchdiffeq import odeint

    torch.set_num_threads(threads)
    name, method = case["problem"], case["method"]

    def set_up():
        end = [None]
        kind = method if method in TOLERANCE else "dopri5"
        if name in SMALL:
            plain, start, t1, bounds = SMALL[name]
            rtol = atol = TOLERANCE[method]

            def field(t, y):
                return torch.stack(plain(t, y))

            y0 = torch.tensor(start, dtype=torch.float64)
            exact, bound, picked = exact_end(plain, start, t1), bounds[method], (lambda y: y)
        elif name == "linear":
            import numpy

            values = linear_matrix(numpy)
            matrix = torch.from_numpy(values)
            field = lambda _, y: matrix @ y
            y0, t1, rtol, atol = torch.ones(LINEAR, dtype=torch.float64), 10.0, 1e-6, 1e-9
            exact = exact_end(lambda _, y: values @ y, [1.0] * LINEAR, t1)
            bound, picked = 1e-4, (lambda y: y)
        else:
            u = torch.arange(ROWS, dtype=torch.float64) / ROWS
            a, b = 1 + u, 1 - u / 2

            def field(_, y):
                return torch.stack([y[0] * (a - y[1]), y[1] * (y[0] - b)])

            y0 = torch.tensor([2.0, 1.0], dtype=torch.float64)[:, None].repeat(1, ROWS)
            t1, rtol, atol = 10.0, 1e-6, 1e-6
            exact, checked = [], [0, 1234, 9999]
            for row in checked:
                rates = float(a[row]), float(b[row])
                one = lambda _, y, rates=rates: [y[0] * (rates[0] - y[1]), y[1] * (y[0] - rates[1])]
                exact.extend(exact_end(one, [2.0, 1.0], t1))
            bound, picked = 1e-4, (lambda y: y[:, checked].T.reshape(-1))
        times = torch.tensor([0.0, t1], dtype=torch.float64)

        def run():
            with torch.no_grad():
                end[0] = odeint(field, y0, times, rtol=rtol, atol=atol, method=kind)[-1]

        def error():
            return distance(picked(end[0]), exact)

        return run, lambda: require_near(error(), bound), error

    return set_up


def work_precision():
    """Errors, evaluations and milliseconds of SciPy and torchdiffeq over tolerances, as JSON."""
    import json
    import time

    import torch
    from scipy.integrate import solve_ivp

    torch.set_num_threads(1)
    try:
        from torchdiffeq import odeint
    except ImportError:
        odeint = None

    def timed(run, repeats):
        best, result = math.inf, None
        for _ in range(repeats):
            start = time.perf_counter()
            result = run()
            best = min(best, (time.perf_counter() - start) * 1e3)
        return best, result

    rows = []
    for problem, (field, y0, t1, _) in SMALL.items():
        exact = exact_end(field, y0, t1)
        for method, scipy_name in [("dopri5", "RK45"), ("dopri8", "DOP853")]:
            for exponent in range(3, 12):
                tolerance = 10.0**-exponent
                options = {"method": scipy_name, "rtol": tolerance, "atol": tolerance}
                ms, solution = timed(lambda: solve_ivp(field, [0, t1], y0, **options), 3)
                row = {"problem": problem, "side": f"SciPy {scipy_name}", "tolerance": tolerance}
                error = max(abs(a - b) for a, b in zip(solution.y[:, -1], exact))
                rows.append({**row, "error": error, "evaluations": solution.nfev, "milliseconds": ms})
                if odeint is None or exponent > 9:
                    continue
                count = [0]

                def tensors(t, y):
                    count[0] += 1
                    return torch.stack(field(t, y))

                start = torch.tensor(y0, dtype=torch.float64)
                times = torch.tensor([0.0, t1], dtype=torch.float64)
                with torch.no_grad():
                    ms, end = timed(
                        lambda: odeint(tensors, start, times, rtol=tolerance, atol=tolerance, method=method)[-1], 1
                    )
                row["side"] = f"torchdiffeq {method}"
                error = max(abs(float(a) - b) for a, b in zip(end, exact))
                rows.append({**row, "error": error, "evaluations": count[0], "milliseconds": ms})
    print(json.dumps(rows))


if __name__ == "__main__":
    work_precision()
