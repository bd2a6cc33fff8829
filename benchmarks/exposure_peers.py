"""The five-state work done by peers: peak and area (trapezium over the minutes) of two concentrations a person."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import version

import numpy as np
from exposure_work import INFUSION_MIN, MINUTES, RATE_MG_PER_MIN, UNTIL_MIN, Work

from limen.quantities import Floats

TOLERANCE = 1e-6  # relative; what users of these solvers commonly ask
ABSOLUTE_MG = 1e-9
BATCH = 500  # people at once: their saved minutes still fit into fast memory

Found = tuple[Floats, float]
Peer = Callable[[Work], Found]


def _change(x: Floats, k: Floats, rate: float) -> list[float]:
    k13, k31, k14, k41, k12, k25, k52, gone = k
    return [
        rate - (k13 + k14 + k12) * x[0] + k31 * x[1] + k41 * x[2],
        k13 * x[0] - k31 * x[1],
        k14 * x[0] - k41 * x[2],
        k12 * x[0] - (k25 + gone) * x[3] + k52 * x[4],
        k25 * x[3] - k52 * x[4],
    ]


def _kept(minutes: Floats) -> Floats:
    """Keep peak and area of ``(people, outputs, minutes)``: shape ``(people, outputs, 2)``."""
    return np.stack([minutes.max(axis=2), np.trapezoid(minutes, dx=1.0, axis=2)], axis=2)


def lsoda(work: Work) -> Found:
    """Run SciPy's solve_ivp with LSODA."""
    from scipy.integrate import solve_ivp

    during, after = MINUTES[MINUTES <= INFUSION_MIN], MINUTES[MINUTES >= INFUSION_MIN]
    found = np.empty((len(work.rates), 2, len(MINUTES)))
    began = time.process_time()
    for person, k in enumerate(work.rates.tolist()):
        state, parts = np.zeros(5), []
        for minutes, rate in ((during, RATE_MG_PER_MIN), (after, 0.0)):
            solved = solve_ivp(
                lambda _, x, k=k, rate=rate: _change(x, k, rate),
                (minutes[0], minutes[-1]),
                state,
                method="LSODA",
                t_eval=minutes,
                rtol=TOLERANCE,
                atol=ABSOLUTE_MG,
            )
            state = solved.y[:, -1]
            parts.append(solved.y)
        course = np.concatenate([parts[0], parts[1][:, 1:]], axis=1)
        found[person] = course[[0, 3]] * work.weights[person][:, None]
    kept = _kept(found)
    return kept, time.process_time() - began


def diffrax_at_once(work: Work) -> Found:
    """Run diffrax as its users do: one solve under vmap and jit for everybody, and the saved minutes of all."""
    return _diffrax(work, len(work.rates), keep_minutes=True)


def diffrax_in_batches(work: Work) -> Found:
    """Run diffrax tuned: batches that fit into fast memory, and peak and area taken inside the compiled code."""
    return _diffrax(work, BATCH, keep_minutes=False)


def _diffrax(work: Work, batch: int, *, keep_minutes: bool) -> Found:
    import diffrax
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)  # noqa: FBT003
    controller = diffrax.PIDController(rtol=TOLERANCE, atol=ABSOLUTE_MG)
    controller = diffrax.ClipStepSizeController(controller, jump_ts=jnp.array([INFUSION_MIN]))

    def change(now, x, k):
        return jnp.stack(_change(x, k, jnp.where(now < INFUSION_MIN, RATE_MG_PER_MIN, 0.0)))

    def one(k, weights):
        solved = diffrax.diffeqsolve(
            diffrax.ODETerm(change),
            diffrax.Tsit5(),
            0.0,
            UNTIL_MIN,
            0.1,
            jnp.zeros(5),
            args=k,
            saveat=diffrax.SaveAt(ts=jnp.asarray(MINUTES), fn=lambda _, x, __: x[jnp.array([0, 3])] * weights),
            stepsize_controller=controller,
            max_steps=100_000,
        )
        if keep_minutes:
            return solved.ys.T
        return jnp.stack([solved.ys.max(axis=0), jnp.trapezoid(solved.ys, dx=1.0, axis=0)], axis=1)

    run = jax.jit(jax.vmap(one))
    blocks = [slice(first, first + batch) for first in range(0, len(work.rates), batch)]
    run(work.rates[blocks[0]], work.weights[blocks[0]]).block_until_ready()
    began = time.process_time()
    found = np.concatenate([np.asarray(run(work.rates[block], work.weights[block])) for block in blocks])
    kept = _kept(found) if keep_minutes else found
    return kept, time.process_time() - began


SBML = """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1"><model id="five"><listOfParameters>{}
</listOfParameters><listOfRules>{}</listOfRules></model></sbml>"""
FORMULAS = {
    "x0": (("rate", 1), ("k13 x0", -1), ("k14 x0", -1), ("k12 x0", -1), ("k31 x1", 1), ("k41 x2", 1)),
    "x1": (("k13 x0", 1), ("k31 x1", -1)),
    "x2": (("k14 x0", 1), ("k41 x2", -1)),
    "x3": (("k12 x0", 1), ("k25 x3", -1), ("gone x3", -1), ("k52 x4", 1)),
    "x4": (("k25 x3", 1), ("k52 x4", -1)),
}
RATES = ("k13", "k31", "k14", "k41", "k12", "k25", "k52", "gone")


def _term(text: str, sign: int) -> str:
    factors = "".join(f"<ci>{name}</ci>" for name in text.split())
    return f"<apply><times/><cn>{sign}</cn>{factors}</apply>"


def _sbml() -> str:
    names = (*FORMULAS, *RATES, "rate")
    parameters = "".join(f'<parameter id="{name}" value="0" constant="false"/>' for name in names)
    rules = "".join(
        f'<rateRule variable="{name}"><math xmlns="http://www.w3.org/1998/Math/MathML"><apply><plus/>'
        + "".join(_term(*term) for term in terms)
        + "</apply></math></rateRule>"
        for name, terms in FORMULAS.items()
    )
    return SBML.format(parameters, rules)


def roadrunner_cvode(work: Work) -> Found:
    """Run libroadrunner with CVODE; the model is compiled before the clock starts."""
    import roadrunner

    model = roadrunner.RoadRunner(_sbml())
    model.integrator.relative_tolerance = TOLERANCE
    model.integrator.absolute_tolerance = ABSOLUTE_MG
    model.timeCourseSelections = ["x0", "x3"]
    found = np.empty((len(work.rates), 2, len(MINUTES)))
    split = int(INFUSION_MIN)
    began = time.process_time()
    for person, k in enumerate(work.rates.tolist()):
        model.resetAll()
        for name, value in zip(RATES, k, strict=True):
            model[name] = value
        model["rate"] = RATE_MG_PER_MIN
        first = np.array(model.simulate(0, split, split + 1))
        model["rate"] = 0.0
        second = np.array(model.simulate(split, UNTIL_MIN, len(MINUTES) - split))
        found[person] = np.concatenate([first, second[1:]]).T * work.weights[person][:, None]
    kept = _kept(found)
    return kept, time.process_time() - began


# Name, who does it, and of how many people (the rest is scaled).
PEERS: tuple[tuple[str, str, Peer, int], ...] = (
    ("diffrax Tsit5, everybody at once, rtol 1e-6", "diffrax", diffrax_at_once, 10_000),
    ("diffrax Tsit5, batches of 500, rtol 1e-6", "diffrax", diffrax_in_batches, 10_000),
    ("libroadrunner CVODE, rtol 1e-6", "libroadrunner", roadrunner_cvode, 300),
    ("SciPy LSODA, rtol 1e-6", "scipy", lsoda, 60),
)


def stated_version(package: str) -> str:
    """Give the installed version of a peer, or say that it is not there."""
    try:
        return version(package)
    except ModuleNotFoundError:
        return "not installed"
