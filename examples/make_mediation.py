"""Make examples/mediation.csv: invented people seen three times, without a path from CADSS to benefit."""

from pathlib import Path

import numpy as np

PEOPLE = 150
SEED = 4
MEASURED = 0.9
CLINICS = ("north", "south", "west")
DOSES_MG_PER_KG = (0.25, 0.5, 1.0)
REMARK = "# SYNTHETIC: invented people, made by make_mediation.py; nobody was measured. exposure: ng/mL, 20 % error"
COLUMNS = "id,occasion,dose_mg_per_kg,exposure,cadss_total,baseline,score,scale,at_h,setting,clinic"


def person_lines(number: int, rng: np.random.Generator) -> list[str]:
    """Give the visits of one invented person, who is on one dose; a lasting cause U moves both CADSS and benefit."""
    dose_mg_per_kg = DOSES_MG_PER_KG[number % 3]
    clinic = CLINICS[int(rng.integers(3))]
    cause = rng.normal()
    baseline = int(np.clip(rng.normal(32.0, 5.0), 20, 50))
    lines = []
    for occasion in (1, 2, 3):
        exposure = 190.0 * dose_mg_per_kg * np.exp(rng.normal(0.0, 0.35))
        usual = 6.0 * (exposure / 95.0) * 0.7 ** (occasion - 1)
        felt = rng.random() < 1.0 / (1.0 + np.exp(-2.0 - np.log(exposure / 95.0)))
        cadss = min(round(felt * usual * np.exp(rng.normal(0.0, 0.6) + 0.45 * cause)), 92)
        gain = 16.0 * exposure / (exposure + 60.0) + 4.0 * cause + occasion + rng.normal(0.0, 5.0)
        score = int(np.clip(round(baseline - gain), 0, 60))
        measured = f"{exposure * np.exp(rng.normal(0.0, 0.2)):.1f}" if rng.random() < MEASURED else ""
        about = f"{baseline},{score},MADRS,24,open,{clinic}"
        lines.append(f"P{number:03d},{occasion},{dose_mg_per_kg:g},{measured},{cadss},{about}")
    return lines


def table() -> str:
    """Give the whole file."""
    rng = np.random.default_rng(SEED)
    lines = [line for number in range(1, PEOPLE + 1) for line in person_lines(number, rng)]
    return "\n".join((REMARK, COLUMNS, *lines)) + "\n"


if __name__ == "__main__":
    (Path(__file__).parent / "mediation.csv").write_text(table(), encoding="utf-8")
