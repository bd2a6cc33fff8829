"""The population posterior of the response: made from the tables, stored with what it was made from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from limen.evidence import data_file
from limen.inference.crossover_data import STUDY, crossover_arms
from limen.inference.fitted_arms import Observation, observations
from limen.inference.likelihood import Likelihood
from limen.inference.rung import LADDER
from limen.inference.sampler import Chains, Sampler
from limen.quantities import Floats, InputError
from limen.response.parameters import NAMES, PARAMETERS, from_scale

SHIPPED_DRAWS: Final = 2000
#: Chains agree when no R-hat is above this.
R_HAT_LIMIT: Final = 1.01
#: A parameter whose variance fell by less than this was hardly informed by the data (ours).
LEARNT_AT_LEAST: Final = 0.2
#: Standard normal quantile of 95 %.
NINETY: Final = 1.6448536269514722
#: The rung of the ladder that ships.
SHIPPED: Final = LADDER[-1]


@dataclass(frozen=True)
class Fit:
    """A population posterior.

    Parameters
    ----------
    observed : tuple of Observation
        What was fitted.
    chains : Chains
        What was visited.
    on_scale : Floats
        The draws that ship, shape ``(draws, parameters)``.
    seed : int
        Of the chance.
    """

    observed: tuple[Observation, ...]
    chains: Chains
    on_scale: Floats
    seed: int


def fit_population(folder: Path | None, *, seed: int, steps: int) -> Fit:
    """Fit the response.

    Parameters
    ----------
    folder : Path or None
        Of the individual scores; None fits the tables alone.
    seed : int
        Of the chance.
    steps : int
        Steps of each chain that are kept; as many again adapt.

    Returns
    -------
    Fit
        With its chains, so that their agreement can be read.
    """
    observed = observations() + (crossover_arms(folder) if folder is not None else ())
    chains = Sampler(SHIPPED, Likelihood(observed), warmup=steps, steps=steps).draw(seed)
    return Fit(observed, chains, chains.thinned(SHIPPED_DRAWS, np.random.default_rng(seed)), seed)


def tables_hash() -> str:
    """Give the first twelve figures of the SHA-256 of the tables that are fitted."""
    text = b"".join(data_file(name).read_bytes() for name in ("outcomes.csv", "baselines.csv"))
    return hashlib.sha256(text).hexdigest()[:12]


def fingerprint(observed: Sequence[Observation]) -> Floats:
    """Give what the model expects of every fitted number at the middle of the prior, shape ``(observations,)``.

    It changes with the numbers that are fitted, with the exposure behind them and with the formulas of the response: a
    posterior whose stored fingerprint is another one is stale.
    """
    middle = np.array([[parameter.prior_mean for parameter in PARAMETERS]])
    expected: Floats = Likelihood(observed).predicted(from_scale(middle))[0]
    return expected


def made_by(observed: Sequence[Observation], seed: int, steps: int) -> str:
    """Give the SHA-256 of all that decides a kept fit: tables, observations, what the model expects, seed and steps."""
    said = f"{tables_hash()} {seed} {steps} {tuple(observed)!r}".encode()
    return hashlib.sha256(said + fingerprint(observed).tobytes()).hexdigest()


def store(fit: Fit, file: Path) -> None:
    """Store the draws with the studies, the hash of the tables, the fingerprint of the model and the seed."""
    studies = list(dict.fromkeys(one.study for one in fit.observed))
    np.savez_compressed(
        file,
        on_scale=fit.on_scale.astype(np.float32),
        names=np.array(NAMES),
        studies=np.array(studies),
        individual=np.array(STUDY in studies),
        tables=np.array(tables_hash()),
        fingerprint=fingerprint(fit.observed),
        seed=np.array(fit.seed),
    )


def learnt_share(fit: Fit) -> Floats:
    """Give how much narrower the data made each parameter, ``1 - var / prior var`` on its scale, ``(parameters,)``."""
    prior = np.array([parameter.spread for parameter in PARAMETERS])
    return np.asarray(1.0 - fit.on_scale.var(axis=0) / prior**2)


def summary_table(fit: Fit) -> str:
    """Write what was learnt of each parameter beside its prior as a Markdown table."""
    population, r_hat, learnt = from_scale(fit.on_scale), fit.chains.r_hat, learnt_share(fit)
    lines = [
        "| parameter | prior median (5-95 %) | median (5-95 %) | learnt | R-hat |",
        "|---|---|---|---|---|",
    ]
    for k, parameter in enumerate(PARAMETERS):
        ends = parameter.prior_mean + parameter.spread * np.array([-NINETY, 0.0, NINETY])
        before, after = parameter.natural(ends), np.quantile(population[parameter.name], [0.05, 0.5, 0.95])
        said = f"{learnt[k]:.0%}" if learnt[k] >= LEARNT_AT_LEAST else f"{max(learnt[k], 0.0):.0%}: not informed"
        lines.append(f"| {parameter.name} | {spanned(before)} | {spanned(after)} | {said} | {r_hat[k]:.3f} |")
    return "\n".join(lines) + "\n"


def spanned(ends: Floats) -> str:
    """Write a middle and its two ends."""
    low, middle, high = ends
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def fitted_table(fit: Fit) -> str:
    """Write each fitted number beside what the posterior foresees of it anew, as a Markdown table.

    The interval is that of a new trial of the same size: parameters, between-trial variation and sampling together.
    """
    likelihood, population = Likelihood(fit.observed), from_scale(fit.on_scale)
    expected = likelihood.predicted(population)
    anew = likelihood.replicated(population, np.random.default_rng(fit.seed))
    lines = [
        "| study | what | at | published | expected | a new trial, 5-95 % | verdict |",
        "|---|---|---|---|---|---|---|",
    ]
    for k, one in enumerate(fit.observed):
        low, high = np.quantile(anew[:, k], [0.05, 0.95])
        arm = f"{one.drug} {one.dose}" if one.drug else "control"
        seen = float(np.exp(one.value) if one.kind == "sd" else one.value)
        place = "inside" if low <= seen <= high else "**outside**"
        lines.append(
            f"| {one.study} | {one.kind}, {arm}, {one.circumstances.setting} | {one.time_h:g} h | {seen:.2f} "
            f"| {np.median(expected[:, k]):.2f} | {low:.2f} to {high:.2f} | {place} |"
        )
    return "\n".join(lines) + "\n"


def fit_answer(folder: Path | None, *, seed: int, steps: int, to: Path) -> dict[str, object]:
    """Fit the population and write what was found.

    Parameters
    ----------
    folder : Path or None
        Of the individual scores; None fits the tables alone.
    seed, steps : int
        Of the chance, and of each chain.
    to : Path
        Folder for ``posterior.npz``, ``learnt.md`` and ``fitted.md``.

    Returns
    -------
    dict
        Ready for JSON.

    Raises
    ------
    InputError
        If `folder` is named and does not hold the scores.
    """
    if folder is not None and not crossover_arms(folder):
        raise InputError(
            f"The folder {folder} does not hold ds005917/phenotype.tsv: leave --data out, or name another."
        )
    if to.exists() and not (to / "posterior.npz").exists() and (not to.is_dir() or any(to.iterdir())):
        raise InputError(f"{to} holds something that is not a fit of Limen: name another folder with --to.")
    fit = fit_population(folder, seed=seed, steps=steps)
    to.mkdir(parents=True, exist_ok=True)
    store(fit, to / "posterior.npz")
    (to / "learnt.md").write_text(summary_table(fit), encoding="utf-8")
    (to / "fitted.md").write_text(fitted_table(fit), encoding="utf-8")
    return {
        "studies": list(dict.fromkeys(one.study for one in fit.observed)),
        "numbers_fitted": len(fit.observed),
        "draws": len(fit.on_scale),
        "highest_r_hat": round(float(fit.chains.r_hat.max()), 4),
        "divergences": fit.chains.divergences,
        "chains_agree": bool(fit.chains.r_hat.max() <= R_HAT_LIMIT and fit.chains.divergences == 0),
        "not_informed": [
            parameter.name
            for parameter, share in zip(PARAMETERS, learnt_share(fit), strict=True)
            if share < LEARNT_AT_LEAST
        ],
        "tables": tables_hash(),
        "files": [str(to / name) for name in ("posterior.npz", "learnt.md", "fitted.md")],
    }
