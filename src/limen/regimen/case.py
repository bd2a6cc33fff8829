"""Case files: one person, what is given, what was seen, and what is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from limen.evidence import check_joint
from limen.quantities import InputError
from limen.regimen.dose_text import dose_warnings, read_visit, together_warnings
from limen.regimen.doses import ACTIVE_DRUGS, Regimen, Stimulation, Visit
from limen.regimen.people import DIAGNOSES, WEIGHT_BASES, Patient
from limen.regimen.scales import SCALES, check_score
from limen.regimen.toml_table import Table, read_toml

SETTINGS: Final = ("open", "saline", "midazolam", "anaesthesia", "oral antidepressant + nasal placebo")
BACKGROUNDS: Final = ("none", "continued antidepressant", "usual inpatient care")
DESIGNS: Final = ("parallel", "crossover")
SAMPLED: Final = ("venous", "arterial")
ANALYTES: Final = ("ketamine", "norketamine", "S-ketamine", "R-ketamine", "S-norketamine", "R-norketamine")
RECORDED: Final = ("scalp", "intracranial", "source")
ANSWERS: Final = ("yes", "no", "unknown")

DEFAULT_TIMES_H: Final = (2.0, 24.0, 72.0, 168.0)  # ours
DEFAULT_HORIZONS_H: Final = (24.0, 168.0, 504.0)  # contract's example
DEFAULT_DRAWS: Final = 2000
MOST_DRAWS: Final = 100_000  # ours: more would not fit the memory of a small machine
MOST_SEED: Final = 2**63 - 1
LONGEST_H: Final = 17_520.0  # ours: two years either way; nothing on file reaches further
HIGHEST_NG_PER_ML: Final = 1e6  # ours: a slip of the unit is far above any plasma concentration

_TOP: Final = (
    "limen",
    "patient",
    "predict",
    "dose",
    "score",
    "sample",
    "recording",
    "options",
    "joints",
    "stimulation",
)
_PATIENT: Final = ("weight_kg", "age_y", "sex", "height_cm", "bmi", "diagnosis", "baseline", "weight_basis", "assumed")
_PREDICT: Final = ("times_h", "setting", "background", "design", "seed", "draws")
_DOSE: Final = ("start_h", "drug", "route", "dose", "assumed")
_STIMULATION: Final = ("start_h", "duration_s", "target", "current_ma", "frequency_hz")
_SCORE: Final = ("scale", "at_h", "value")
_SAMPLE: Final = ("analyte", "at_min", "value_ng_per_ml", "below_ng_per_ml", "sampled")
_RECORDING: Final = ("file", "starts_min", "recorded", "simulated")
_OPTIONS: Final = (
    "drugs",
    "dissociation_limit_cadss",
    "systolic_limit_mmhg",
    "horizons_h",
    "next_visit_h",
    "urinary_symptoms",
    "doses",
    "later_h",
    "weights",
)
_WEIGHTS: Final = ("benefit", "dissociation_per_cadss_point", "pressure_per_mmhg", "dose_per_mg_per_kg")
MOST_WEIGHT: Final = 1000.0  # ours: points of benefit for one unit of a burden; more is a slip of the keyboard
_Read = TypeVar("_Read")


@dataclass(frozen=True)
class Score:
    """One rating: scale, hours since the first dose (negative before it), value in the scale's unit."""

    scale: str
    at_h: float
    value: float


@dataclass(frozen=True)
class Sample:
    """One plasma sample: its value in ng/mL, or the limit it lay below; the other is None."""

    analyte: str
    at_min: float
    value_ng_per_ml: float | None = None
    below_ng_per_ml: float | None = None
    sampled: str = "venous"


@dataclass(frozen=True)
class RecordingFile:
    """Where a recording lies, when it starts (minutes since the first dose) and what it was taken from."""

    file: Path
    starts_min: float
    recorded: str | None
    simulated: bool


@dataclass(frozen=True)
class Weights:
    """What the reader says a burden is worth, in points of benefit; 0 where nothing was said.

    `benefit` holds the weight of each horizon; empty weighs them alike.
    """

    benefit: tuple[float, ...] = ()
    dissociation_per_cadss_point: float = 0.0
    pressure_per_mmhg: float = 0.0
    dose_per_mg_per_kg: float = 0.0


@dataclass(frozen=True)
class Options:
    """What `limen options` may vary, and the limits of the person and the centre; None where no limit was stated.

    `doses` are texts such as ``"ketamine iv 0.5 mg/kg over 40 min"``; empty stands for those of the package. `later_h`
    are hours after the next visit at which a dose may also be given.
    """

    drugs: tuple[str, ...] = ("ketamine",)
    dissociation_limit_cadss: float | None = None
    systolic_limit_mmhg: float | None = None
    horizons_h: tuple[float, ...] = DEFAULT_HORIZONS_H
    next_visit_h: float | None = None
    urinary_symptoms: str = "unknown"
    doses: tuple[str, ...] = ()
    later_h: tuple[float, ...] = (0.0,)
    weights: Weights = field(default_factory=Weights)


@dataclass(frozen=True)
class Case:
    """All that a case file says. Times are hours since the first dose, in the order asked for."""

    patient: Patient
    regimen: Regimen
    times_h: tuple[float, ...] = DEFAULT_TIMES_H
    setting: str = "open"
    background: str = "none"
    design: str = "parallel"
    seed: int = 1
    draws: int = DEFAULT_DRAWS
    scores: tuple[Score, ...] = ()
    samples: tuple[Sample, ...] = ()
    recording: RecordingFile | None = None
    options: Options = field(default_factory=Options)
    joints: Mapping[str, str] = field(default_factory=dict)
    path: Path | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is unusual about the doses, one sentence each."""
        each = (text for visit in self.regimen.visits for text in dose_warnings(visit, self.patient))
        return (*each, *together_warnings(self.regimen.visits, self.patient))


def read_case(path: str | Path) -> Case:
    """Read a case file.

    Parameters
    ----------
    path : str or Path
        A TOML file of contract section 2.

    Returns
    -------
    Case

    Raises
    ------
    InputError
        One sentence that names the value, its place in the file and the way out.
    """
    file = Path(path)
    top = read_toml(file).only(_TOP)
    patient = _patient(top)
    predict = top.table("predict").only(_PREDICT)
    return Case(
        patient=patient,
        regimen=_regimen(top, patient),
        times_h=predict.numbers("times_h", DEFAULT_TIMES_H, 0.0, LONGEST_H),
        setting=predict.word("setting", SETTINGS, "open"),
        background=predict.word("background", BACKGROUNDS, "none"),
        design=predict.word("design", DESIGNS, "parallel"),
        seed=predict.whole("seed", 1, 0, MOST_SEED),
        draws=predict.whole("draws", DEFAULT_DRAWS, 1, MOST_DRAWS),
        scores=tuple(_score(table.only(_SCORE)) for table in top.tables("score")),
        samples=tuple(_sample(table.only(_SAMPLE)) for table in top.tables("sample")),
        recording=_recording(top, file),
        options=_options(top.table("options").only(_OPTIONS), patient),
        joints=_joints(top.table("joints")),
        path=file,
    )


def _at(place: str, read: Callable[[], _Read]) -> _Read:
    """Put the place in the file before the sentence of whatever was refused there, where it does not stand yet."""
    try:
        return read()
    except InputError as error:
        if str(error).startswith(place):
            raise
        raise InputError(f"{place}: {error}") from error


def _patient(top: Table) -> Patient:
    top.need("patient", "{ weight_kg = 70.0 }, or the table [patient]")
    table = top.table("patient").only(_PATIENT)
    weight_kg = table.as_number("weight_kg", table.need("weight_kg", "70.0"))
    return _at(
        table.place,
        lambda: Patient(
            weight_kg=weight_kg,
            age_y=table.number("age_y"),
            sex=table.text("sex", "F") if table.has("sex") else None,
            height_cm=table.number("height_cm"),
            bmi=table.number("bmi"),
            diagnosis=table.word("diagnosis", DIAGNOSES, "MDD"),
            baseline=_baseline(table.table("baseline").only(SCALES)),
            weight_basis=table.word("weight_basis", WEIGHT_BASES, "actual"),
            assumed=table.words("assumed", _PATIENT[:-1], ()),
        ),
    )


def _baseline(table: Table) -> Mapping[str, float]:
    return {scale: table.as_number(scale, value) for scale, value in table.values.items()}


def _regimen(top: Table, patient: Patient) -> Regimen:
    regimen = Regimen(
        tuple(_visit(table.only(_DOSE), patient, i) for i, table in enumerate(top.tables("dose"), start=1)),
        tuple(_stimulation(table.only(_STIMULATION)) for table in top.tables("stimulation")),
    )
    if regimen.visits and regimen.visits[0].start_min != 0.0:
        raise InputError(
            f"{top.place}: the first [[dose]] starts at {regimen.visits[0].start_min / 60.0:g} h, but time 0 is the"
            " start of the first dose: give it start_h = 0.0 and count every other time from there."
        )
    return regimen


def _visit(table: Table, patient: Patient, number: int) -> Visit:
    if number > 1:
        table.need("start_h", "168.0")
    start_h = table.number("start_h", -LONGEST_H, LONGEST_H) or 0.0
    drug, route = table.text("drug", "ketamine"), table.text("route", "iv")
    text = table.text("dose", "0.5 mg/kg over 40 min")
    visit = _at(
        table.place, lambda: read_visit(text, drug=drug, route=route, patient=patient, start_min=start_h * 60.0)
    )
    return replace(visit, assumed=table.words("assumed", _DOSE[:-1], ()))


def _stimulation(table: Table) -> Stimulation:
    def needed(name: str, example: str) -> float:
        return table.as_number(name, table.need(name, example))

    target = table.text("target", "anterior precuneus")
    start_h = table.as_number("start_h", table.need("start_h", "0.5"), -LONGEST_H, LONGEST_H)
    duration_s, current_ma = needed("duration_s", "5.0"), needed("current_ma", "6.0")
    frequency_hz = needed("frequency_hz", "50.0")
    return _at(table.place, lambda: Stimulation(start_h * 60.0, duration_s / 60.0, target, current_ma, frequency_hz))


def _score(table: Table) -> Score:
    scale = table.text("scale", "MADRS")
    at_h = table.as_number("at_h", table.need("at_h", "24.0"), -LONGEST_H, LONGEST_H)
    value = table.as_number("value", table.need("value", "17"))
    _at(table.place, lambda: check_score(scale, value))
    return Score(scale, at_h, value)


def _sample(table: Table) -> Sample:
    value = table.number("value_ng_per_ml", 0.0, HIGHEST_NG_PER_ML)
    below = table.number("below_ng_per_ml", 0.0, HIGHEST_NG_PER_ML)
    if (value is None) == (below is None):
        raise InputError(
            f"{table.place}: a sample has either value_ng_per_ml or below_ng_per_ml, got {value} and {below}:"
            " give one of them."
        )
    table.need("analyte", "'ketamine'")
    return Sample(
        analyte=table.word("analyte", ANALYTES, "ketamine"),
        at_min=table.as_number("at_min", table.need("at_min", "40"), -LONGEST_H * 60.0, LONGEST_H * 60.0),
        value_ng_per_ml=value,
        below_ng_per_ml=below,
        sampled=table.word("sampled", SAMPLED, "venous"),
    )


def _recording(top: Table, path: Path) -> RecordingFile | None:
    if not top.has("recording"):
        return None
    table = top.table("recording").only(_RECORDING)
    return RecordingFile(
        file=path.parent / table.text("file", "recording.edf"),
        starts_min=table.number("starts_min", -LONGEST_H * 60.0, LONGEST_H * 60.0) or 0.0,
        recorded=table.word("recorded", RECORDED, "scalp") if table.has("recorded") else None,
        simulated=table.flag("simulated", default=False),
    )


def _options(table: Table, patient: Patient) -> Options:
    cadss, systolic = SCALES["CADSS"], SCALES["systolic_mmhg"]
    return Options(
        drugs=table.words("drugs", ACTIVE_DRUGS, ("ketamine",)),
        dissociation_limit_cadss=table.number("dissociation_limit_cadss", cadss.low, cadss.high),
        systolic_limit_mmhg=table.number("systolic_limit_mmhg", systolic.low, systolic.high),
        horizons_h=table.numbers("horizons_h", DEFAULT_HORIZONS_H, 0.0, LONGEST_H),
        next_visit_h=table.number("next_visit_h", 0.0, LONGEST_H),
        urinary_symptoms=table.word("urinary_symptoms", ANSWERS, "unknown"),
        doses=_dose_texts(table, patient),
        later_h=table.numbers("later_h", (0.0,), 0.0, LONGEST_H),
        weights=_weights(table.table("weights").only(_WEIGHTS)),
    )


def _dose_texts(table: Table, patient: Patient) -> tuple[str, ...]:
    """Read doses such as ``"ketamine iv 0.5 mg/kg over 40 min"``; each must be one that can be given."""
    values = table.values.get("doses", [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InputError(
            f"{table.place}: doses is a list of texts, got {values!r}:"
            ' write it such as ["ketamine iv 0.5 mg/kg over 40 min"].'
        )
    for text in values:
        _at(table.place, partial(read_option_dose, text, patient))
    return tuple(values)


def read_option_dose(text: str, patient: Patient, start_min: float = 0.0) -> Visit:
    """Read a dose that names its drug and route first.

    Parameters
    ----------
    text : str
        Such as ``"ketamine iv 0.5 mg/kg over 40 min"``.
    patient : Patient
        Whose weight mg/kg counts.
    start_min : float
        Minutes since the first dose.

    Returns
    -------
    Visit

    Raises
    ------
    InputError
        Where a word is missing or not known.
    """
    parts = text.split(maxsplit=2)
    if len(parts) < len(("drug", "route", "dose")):
        raise InputError(
            f"A dose to review names drug, route and amount, got {text!r}: write 'ketamine iv 0.5 mg/kg over 40 min'."
        )
    return read_visit(parts[2], drug=parts[0], route=parts[1], patient=patient, start_min=start_min)


def _weights(table: Table) -> Weights:
    burdens = {name: table.number(name, 0.0, MOST_WEIGHT) or 0.0 for name in _WEIGHTS[1:]}
    return Weights(table.numbers("benefit", (), 0.0, MOST_WEIGHT), **burdens)


def _joints(table: Table) -> Mapping[str, str]:
    words = {joint: table.text(joint, "exposure") for joint in table.values}
    for joint, word in words.items():
        _at(table.place, partial(check_joint, joint, word))
    return words
