"""The particle-mesh cases of `src/cases/particle-mesh.ts` for JaxPM: one step, and a run of 2LPT and 40 steps."""

import os
import re
import sys


def describe(case):
    """Particles along an axis and kind of a case from its id, or None."""
    if match := re.fullmatch(r"pm-(step|run)-(\d+)", case):
        return {"kind": f"pm-{match[1]}", "particles": int(match[2])}
    return None


def one_thread(threads):
    if threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def jaxpm_step(case, threads):
    one_thread(threads)
    import jax
    import numpy
    from jaxpm.pm import pm_forces

    def set_up():
        n = case["particles"]
        lattice = numpy.stack(numpy.meshgrid(*[numpy.arange(n)] * 3, indexing="ij"), -1).reshape(-1, 3)
        x = lattice + 1.5 * numpy.random.default_rng(0).standard_normal(lattice.shape)
        state = [jax.numpy.asarray(x, "float32"), jax.numpy.zeros((n**3, 3), "float32")]

        @jax.jit
        def step(x, p, drift, kick):
            x = x + p * drift
            return x, p + pm_forces(x, mesh_shape=(n, n, n)) * kick

        out = [None, None]

        def run():
            out[:] = step(*state, 0.1, 0.1)
            out[1].block_until_ready()

        def check():
            p = numpy.asarray(out[1], "float64")
            # JaxPM's reading kernel conserves momentum to single precision.
            if not abs(p.sum(0)).max() < 1e-3 * abs(p).sum():
                sys.exit("peers.py: the check failed: momentum is not conserved")

        return run, check

    return set_up


def jaxpm_run(case, threads):
    one_thread(threads)
    import jax
    import jax_cosmo
    import numpy
    from jaxpm.pm import linear_field, lpt, pm_forces

    def set_up():
        n = case["particles"]
        def cosmology():
            return jax_cosmo.Cosmology(
                Omega_c=0.2603, Omega_b=0.0486, h=0.6774, n_s=0.9667, sigma8=0.8159, Omega_k=0.0, w0=-1.0, wa=0.0
            )

        k = jax.numpy.logspace(-4, 1, 128)
        power = jax_cosmo.power.linear_matter_power(cosmology(), k)
        box = [4.0 * n] * 3
        a = numpy.linspace(0.1, 1.0, 41)
        q = numpy.stack(numpy.meshgrid(*[numpy.arange(n)] * 3, indexing="ij"), -1).reshape(-1, 3).astype("float32")

        @jax.jit
        def simulate(seed):
            field = linear_field((n, n, n), box, lambda x: jax.numpy.interp(x, k, power), seed=seed)
            # A cosmology of its own: the growth that jax_cosmo has kept in the other lacks what JaxPM reads.
            dx, p, _ = lpt(cosmology(), field, particles=jax.numpy.asarray(q), a=0.1, order=2)

            def step(state, a):
                x, p = state
                x = x + p * 0.02
                return (x, p + pm_forces(x, mesh_shape=(n, n, n)) * 0.02), None

            (x, p), _ = jax.lax.scan(step, (q + dx.reshape(-1, 3), p.reshape(-1, 3)), a)
            return x, p

        out = [None, None]

        def run():
            out[:] = simulate(jax.random.PRNGKey(0))
            out[1].block_until_ready()

        def check():
            if not numpy.isfinite(numpy.asarray(out[0])).all():
                sys.exit("peers.py: the check failed: positions are not finite")

        return run, check

    return set_up
