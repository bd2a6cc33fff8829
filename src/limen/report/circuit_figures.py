"""The figures of the circuit's page: over block, in time, over HCN1, under stimulation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np

from limen.circuit.cells import POPULATIONS
from limen.circuit.conditions import Condition, Pulses
from limen.circuit.mechanisms import MECHANISMS, TITLES, mechanism
from limen.circuit.readings import background, spectrum
from limen.circuit.running import Activity, Run, simulate
from limen.circuit.surface import BLOCKS, HCN1, SEEDS, STIMULI_MS, surface
from limen.evidence import finding
from limen.quantities import Floats
from limen.report.drawing import Figure

Rows = Sequence[Mapping[str, Any]]
TONES: Final = {"H": "drug", "N": "control", "PV": "block", "SST": "felt", "TH": "other"}
NAMES: Final = {"H": "deep", "N": "other pyramidal", "PV": "PV", "SST": "SST"}
LOOK_S: Final = 12.0
SHOWN_S: Final = 3.0
#: Occupancy at the end of 0.5 mg/kg over 40 min by the three assays: findings of the receptor room.
ASSAYS: Final = ("in_vivo", "ebert", "salat")
MOST_TICKS: Final = 2500


@dataclass(frozen=True)
class Panel:
    """One figure with its heading, a line of explanation, and the words of its colours."""

    heading: str
    says: str
    svg: str
    key: tuple[tuple[str, str], ...] = ()


def column(rows: Rows, value: Callable[[Mapping[str, Any]], float | None]) -> Floats:
    """Give one value of every row, nan where there is none."""
    return np.array([np.nan if value(row) is None else value(row) for row in rows], dtype=np.float64)


def by_block(rows: Rows, value: Callable[[Mapping[str, Any]], float | None]) -> tuple[Floats, Floats]:
    """Give blocks, and the mean over seeds at each."""
    blocks = np.unique(column(rows, lambda row: row["block"]))
    means = [column([row for row in rows if row["block"] == block], value) for block in blocks]
    return blocks, np.array([_finite_mean(one) for one in means])


def _finite_mean(values: Floats) -> float:
    good = values[np.isfinite(values)]
    return float(good.mean()) if good.size else float("nan")


def height_panel(rows: Rows) -> Panel:
    """Show the height of the rhythm over block, with the assays' windows on it."""
    figure = Figure("Height of the rhythm over block", (0.0, 1.0), (-5.0, 30.0), "share of receptors blocked", "dB")
    for assay in ASSAYS:
        share = finding(f"occupancy_{assay}_at_185_and_20").number()
        figure.strip(share - 0.01, share + 0.01, "control", f"0.5 mg/kg over 40 min by {assay}")
        figure.words(share, 27.0, assay, tone="control", anchor="middle")
    figure.line(np.array([0.0, 1.0]), np.array([6.0, 6.0]), "edge", dashed=True, name="least height of a rhythm")
    x = column(rows, lambda row: row["block"])
    figure.dots(x, column(rows, lambda row: row["peak_db"]), "drug")
    figure.line(*by_block(rows, lambda row: row["peak_db"]), "drug")
    return Panel(
        "The rhythm stands in a window of block",
        "Height of the largest peak in 1-4.5 Hz over the aperiodic fit of the field; one dot a seed. Bars: where"
        " 0.5 mg/kg falls by three assays. Which is right is open: where the window falls in mg/kg is not predicted.",
        figure.svg(),
        (("drug", "height"), ("control", "assays")),
    )


def frequency_panel(rows: Rows) -> Panel:
    """Show the frequency of the peak over block."""
    figure = Figure("Frequency of the rhythm over block", (0.0, 1.0), (0.0, 5.0), "share of receptors blocked", "Hz")
    figure.dots(column(rows, lambda row: row["block"]), column(rows, lambda row: row["peak_hz"]), "drug")
    figure.line(*by_block(rows, lambda row: row["peak_hz"]), "drug")
    return Panel("Its frequency", "Where the peak stands 6 dB or more.", figure.svg())


def rate_of(name: str, row: Mapping[str, Any]) -> float:
    """Give the rate of one population in a row, Hz."""
    return float(row["rate_hz"][name])


def rate_panel(rows: Rows) -> Panel:
    """Show the mean rate of four populations over block."""
    most = max(float(row["rate_hz"][name]) for row in rows for name in NAMES)
    figure = Figure("Rates over block", (0.0, 1.0), (0.0, 1.1 * most + 1.0), "share of receptors blocked", "Hz")
    for name in NAMES:
        figure.line(*by_block(rows, partial(rate_of, name)), TONES[name], name=name)
    return Panel(
        "Who fires",
        "Mean rates. Interneurons lose their drive first, so that the other pyramidal cells wake.",
        figure.svg(),
        tuple((TONES[name], words) for name, words in NAMES.items()),
    )


def outcome_panel(rows: Rows) -> Panel:
    """Show glutamate and gamma over block."""
    blocks, glutamate = by_block(rows, lambda row: row["glutamate_fraction"])
    figure = Figure(
        "Glutamate over block", (0.0, 1.0), (0.0, max(2.5, 1.1 * float(np.nanmax(glutamate)))),
        "share of receptors blocked", "times the level without drug",
    )  # fmt: skip
    figure.line(np.array([0.0, 1.0]), np.array([1.0, 1.0]), "edge", dashed=True, name="level without drug")
    figure.line(blocks, glutamate, "block")
    figure.dots(column(rows, lambda row: row["block"]), column(rows, lambda row: row["glutamate_fraction"]), "block")
    return Panel("Glutamate turns over", "Level at the cleft after saturating release and uptake.", figure.svg())


def gamma_panel(rows: Rows) -> Panel:
    """Show gamma over block."""
    lowest = 1.1 * float(np.nanmin(column(rows, lambda row: row["gamma_db"])))
    figure = Figure("Gamma over block", (0.0, 1.0), (min(lowest, -5.0), 10.0), "share of receptors blocked", "dB")
    figure.line(np.array([0.0, 1.0]), np.array([0.0, 0.0]), "edge", dashed=True)
    figure.line(*by_block(rows, lambda row: row["gamma_db"]), "felt")
    figure.dots(column(rows, lambda row: row["block"]), column(rows, lambda row: row["gamma_db"]), "felt")
    return Panel("Gamma", "30-80 Hz power of the field beside that without drug.", figure.svg())


def raster_panel(window: Activity, words: str) -> Panel:
    """Show spikes of some seconds."""
    early = window.raster[window.raster[:, 0] < SHOWN_S * 1000.0]
    thinned = max(1, -(-len(early) // MOST_TICKS))
    shown = early[::thinned]
    ends = np.cumsum(window.sizes)
    figure = Figure(f"Spikes, {words}", (0.0, SHOWN_S), (0.0, float(ends[-1])), "s", "cell", tall=260.0)
    for k, name in enumerate(POPULATIONS):
        own = shown[(shown[:, 1] >= ends[k] - window.sizes[k]) & (shown[:, 1] < ends[k])]
        figure.ticks(own[:, 0] / 1000.0, own[:, 1].astype(np.float64), TONES[name])
    key = tuple((TONES[name], words) for name, words in (NAMES | {"TH": "relay"}).items())
    says = "One row a cell." if thinned == 1 else f"One row a cell; one spike in {thinned} is drawn."
    return Panel(f"Spikes, {words}", says, figure.svg(), key)


def field_panel(free: Activity, drug: Activity) -> Panel:
    """Show the field of some seconds, without drug and at the highest rhythm."""
    count = int(SHOWN_S * 1000)
    traces = [window.lfp_ua_cm2[:count] for window in (free, drug)]
    figure = Figure("Field", (0.0, SHOWN_S), (0.0, 1.05 * float(max(map(np.max, traces)))), "s", "uA/cm2", tall=200.0)
    for trace, tone in zip(traces, ("other", "drug"), strict=True):
        figure.line(np.arange(0, count, 4) / 1000.0, trace[::4], tone)
    return Panel(
        "The field", "Synaptic current per pyramidal cell.", figure.svg(), (("other", "no drug"), ("drug", "block"))
    )


def spectrum_panel(free: Activity, drug: Activity) -> Panel:
    """Show the spectrum of the field over its aperiodic fit."""
    f_hz, density = spectrum(drug.lfp_ua_cm2)
    keep = (f_hz >= 0.7) & (f_hz <= 80.0)  # noqa: PLR2004 - from the fit's lower end to the end of gamma
    rest = spectrum(free.lfp_ua_cm2)[1]
    low = float(min(density[keep].min(), rest[keep].min()))
    ends = (low, 3.0 * float(max(density[keep].max(), rest[keep].max())))
    figure = Figure("Spectrum of the field", (0.7, 80.0), ends, "Hz", "power", log=True)
    figure.line(f_hz[keep], rest[keep], "other")
    figure.line(f_hz[keep], density[keep], "drug")
    inside = keep & (f_hz <= 15.0)  # noqa: PLR2004 - the upper end of the fit
    figure.line(f_hz[inside], background(f_hz, density)[inside], "drug", dashed=True, name="aperiodic fit")
    return Panel(
        "Its spectrum over the aperiodic fit",
        "The fit leaves 1-4.5 Hz out; the height of the peak is read over it.",
        figure.svg(),
        (("other", "no drug"), ("drug", "block")),
    )


def phase_panel(name: str) -> Panel:
    """Show the height over block and HCN1 that is left, from the shipped surface."""
    figure = Figure(
        f"Phase diagram of {TITLES[name]}",
        (0.0, 1.0),
        (0.0, 4.0),
        "share of receptors blocked",
        "HCN1 left",
        tall=200.0,
        numbered="x",
    )
    own = slice(MECHANISMS.index(name) * len(SEEDS), (MECHANISMS.index(name) + 1) * len(SEEDS))
    edges = [0.0, *(0.5 * (np.array(BLOCKS[1:]) + np.array(BLOCKS[:-1]))), 1.0]
    for row, left in enumerate(reversed(HCN1)):
        strengths = surface().rhythm(hcn1=left)[own].mean(axis=0)
        for k, share in enumerate(strengths):
            words = f"block {BLOCKS[k]:g}, HCN1 {left:g}: strength {share:.2f}"
            figure.tile((edges[k], edges[k + 1]), (row, row + 1.0), float(share), words)
        figure.words(0.985, row + 0.35, f"{left:g}", tone="ink", anchor="end")
    return Panel(
        f"{TITLES[name]}: block and HCN1",
        "Strength of the rhythm in the deep cells, mean over seeds: 0 at 6 dB, full at 18 dB. Labels: share of"
        " HCN1 left.",
        figure.svg(),
    )


def stimulation_panel(name: str) -> Panel:
    """Show how the drug-free circuit answers pulses, from the shipped surface."""
    rates = [rate for rate in STIMULI_MS if rate]
    own = slice(MECHANISMS.index(name) * len(SEEDS), (MECHANISMS.index(name) + 1) * len(SEEDS))

    def means(wanted: str, of: Sequence[float]) -> Floats:
        found = [surface().curves(wanted, stimulus_hz=rate)[own, 0] for rate in of]
        return np.array([_finite_mean(one) for one in found])

    at = np.arange(1.0, len(rates) + 1.0)
    deep, other = means("deep_rate_hz", [0.0, *rates]), means("other_rate_hz", [0.0, *rates])
    figure = Figure(
        f"{TITLES[name]} under pulses", (-0.5, len(rates) + 0.5), (0.0, 1.1 * float(deep.max()) + 1.0), "", "Hz",
        numbered="y",
    )  # fmt: skip
    figure.line(np.arange(len(deep), dtype=np.float64), deep, "drug")
    figure.line(np.arange(len(other), dtype=np.float64), other, "control")
    locking = means("phase_locking", rates)
    for k, rate in enumerate([0.0, *rates]):
        figure.words(k, 1.02 * float(deep.max()), f"{rate:g} Hz" if rate else "none", anchor="middle")
    for x, value in zip(at, locking, strict=True):
        figure.words(x, 0.04 * float(deep.max()), f"locking {value:.2f}", anchor="middle")
    return Panel(
        f"{TITLES[name]}: pulses without drug",
        "Rates of the cells, and how far the deep ones follow (locking; 0.5 is asked of slow pulses). The stimulation"
        " that was felt in people was 50 Hz, which entrains no 1-4 Hz rhythm here.",
        figure.svg(),
        (("drug", "deep"), ("control", "other pyramidal")),
    )


def panels(rows: Rows, name: str, pulses: Pulses | None = None, engine: str = "auto") -> list[Panel]:
    """Give all figures of one answer, in the order of the page; `pulses` and `engine` are those of the answer."""
    blocks, heights = by_block(rows, lambda row: row["peak_db"])
    best = float(blocks[np.nanargmax(heights)])
    network = mechanism(name).network
    hcn1 = float(rows[0]["hcn1"])
    looks = (Condition(block=block, hcn1=hcn1, pulses=pulses) for block in (0.0, best))
    free, drug = (simulate(Run(network, look, LOOK_S), engine) for look in looks)
    under = f", pulses of {pulses.frequency_hz:g} Hz" if pulses else ""
    return [
        height_panel(rows), frequency_panel(rows), rate_panel(rows), outcome_panel(rows), gamma_panel(rows),
        raster_panel(free, f"no drug{under}"), raster_panel(drug, f"block {best:g}{under}"), field_panel(free, drug),
        spectrum_panel(free, drug), *(phase_panel(each) for each in MECHANISMS),
        *(stimulation_panel(each) for each in MECHANISMS),
    ]  # fmt: skip
