"""Bundles with the shapes that Synthea writes: official names, urn references, pressures by component."""

import numpy as np


def bundle(seed: int) -> dict:
    """One person with a few encounters and observations."""
    rng = np.random.default_rng(seed)
    person = f"urn:uuid:{seed:032x}"
    name = {"use": "official", "family": f"Family{seed}", "given": [f"Given{seed}", "M."], "prefix": ["Ms."]}
    patient = {
        "resourceType": "Patient", "id": f"{seed:032x}", "name": [name],
        "birthDate": f"{1940 + seed % 60}-{1 + seed % 12:02d}-01",
        "identifier": [{"system": "https://example.org/ids", "value": f"id-{seed}"}],
        "telecom": [{"system": "phone", "value": f"555-{seed:04d}", "use": "home"}], "gender": "female",
        "extension": [{"url": "http://example.org/race", "extension": []}],
    }  # fmt: skip
    entries = [{"fullUrl": person, "resource": patient}]
    for k in range(int(rng.integers(1, 5))):
        component = [
            {
                "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
                "valueQuantity": {"value": float(rng.integers(60, 160)), "unit": "mm[Hg]", "code": "mm[Hg]"},
            }
            for code in ("8462-4", "8480-6")
        ]
        pressure = {
            "resourceType": "Observation",
            "id": f"{seed}-{k}",
            "status": "final",
            "code": {"coding": [{"code": "55284-4"}]},
        }
        pressure |= {
            "subject": {"reference": person},
            "effectiveDateTime": "2020-01-01T00:00:00Z",
            "component": component,
        }
        entries.append({"fullUrl": f"urn:uuid:{seed:016x}{k:016x}", "resource": pressure})
        entries.append(
            {"resource": {"resourceType": ["Encounter", "Claim", "ExplanationOfBenefit"][k % 3], "id": f"e{k}"}}
        )
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}
