"""Exchange: what goes out is right by three looks at it, what comes in never breaks anything."""

import json
import os
import warnings
from pathlib import Path

import pytest
from centre.bundles import bundle
from centre.small_centre import DISCHARGE
from hypothesis import example, given
from hypothesis import strategies as st

from limen.centre.exchange.checking import faults_in
from limen.centre.exchange.people import import_people
from limen.centre.exchange.reading import read_any
from limen.centre.exchange.upload import read_upload
from limen.centre.refusals import Refused

BUNDLES = 600


def whole_record(small):
    """Somebody with everything that can go out; gives the person's number."""
    person, session, nurse = small.running(name="=Zebulon, Quartzberg")
    nurse.event(
        session,
        "vitals",
        {"systolic": "130", "diastolic": "80", "heart_rate": "70", "spo2": "98", "respiratory_rate": "14"},
    )
    small.go(minutes=10)
    nurse.event(session, "rate", {"rate_mg_per_h": "40"})
    nurse.event(session, "adverse_event", {"words": "nausea", "severity": "mild"})
    nurse.event(session, "score", {"scale": "CADSS", "value": 17})
    small.go(minutes=10)
    nurse.event(session, "stop")
    small.go(hours=2)
    small.caller("nina").done(f"/sessions/{session}/recovery", DISCHARGE)
    items = [1, 1, 1, 1, 1, 1, 1, 1, 0]
    small.record(person, "score", {"scale": "PHQ-9", "value": 8, "items": items, "source": "link"})
    small.record(person, "score", {"scale": "PHQ-9", "value": None, "items": [None, *items[1:]], "source": "link"})
    small.record(person, "intake_answered", {"answers": {"goal": "Mood"}, "rules": "x", "form": "1"})
    return person.partition("/")[2]


def exported(small, number, **asked):
    answer = small.caller("phil").get(f"/patients/{number}/fhir", params=asked)
    assert answer.headers["content-type"] == "application/fhir+json"
    return answer.json()


def test_an_export_has_every_type_and_no_fault_and_no_name_unless_asked(small):
    number = whole_record(small)
    found = exported(small, number)
    types = {entry["resource"]["resourceType"] for entry in found["entry"]}
    assert types >= {
        "Patient",
        "Observation",
        "MedicationAdministration",
        "MedicationRequest",
        "CarePlan",
        "Consent",
        "AdverseEvent",
        "QuestionnaireResponse",
    }
    assert faults_in(found) == []
    assert "Quartzberg" not in json.dumps(found)
    assert "Quartzberg" in json.dumps(exported(small, number, identity="yes"))


def test_an_export_is_read_by_a_fhir_library(small):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from fhir.resources.R4B import get_fhir_model_class  # noqa: PLC0415 - it warns when it is loaded

        for entry in exported(small, whole_record(small))["entry"]:
            resource = entry["resource"]
            get_fhir_model_class(resource["resourceType"]).model_validate(resource)


def test_the_check_sees_what_libraries_let_pass(small):
    found = exported(small, whole_record(small))
    administration = next(
        entry["resource"] for entry in found["entry"] if entry["resource"]["resourceType"] == "MedicationAdministration"
    )
    for change in (
        {"status": "bogus"},
        {"dosage": {"text": "neither dose nor rate"}},
        {"subject": {"reference": "Patient/nobody"}},
    ):
        broken = {"entry": [{"resource": {**administration, **change}}, *found["entry"]]}
        assert faults_in(broken), change


def test_the_rates_of_an_infusion_are_its_parts_and_its_dose_is_their_integral(small):
    found = exported(small, whole_record(small))
    given_ = [
        entry["resource"] for entry in found["entry"] if entry["resource"]["resourceType"] == "MedicationAdministration"
    ]
    whole = next(one for one in given_ if "partOf" not in one)
    rates = sorted(one["dosage"]["rateQuantity"]["value"] for one in given_ if "partOf" in one)
    assert rates == [40, 52.5]
    assert whole["dosage"]["dose"]["value"] == pytest.approx(52.5 / 6 + 40 / 6, abs=1e-3)


def test_the_ninth_item_goes_out_under_its_own_code(small):
    found = exported(small, whole_record(small))
    scores = [
        entry["resource"] for entry in found["entry"] if entry["resource"].get("code", {}).get("text") == "PHQ-9 total"
    ]
    items = {
        part["code"]["coding"][0]["code"]: part["valueInteger"]
        for part in next(one for one in scores if one.get("valueInteger") == 8)["component"]
    }
    assert items["44260-8"] == 0
    assert len(items) == 9
    assert "dataAbsentReason" in next(one for one in scores if "valueInteger" not in one and "component" in one)


def test_a_score_of_an_infusion_goes_out_with_those_of_the_person(small):
    found = exported(small, whole_record(small))
    codes = [entry["resource"].get("code", {}) for entry in found["entry"]]
    values = [entry["resource"].get("valueInteger") for entry in found["entry"]]
    assert values[[one.get("text") for one in codes].index("CADSS")] == 17
    assert faults_in(found) == []


def test_the_same_record_gives_the_same_bytes(small):
    number = whole_record(small)
    one, other = (small.caller("phil").get(f"/patients/{number}/fhir").content for _ in range(2))
    assert one == other


def test_a_table_runs_no_formula(small):
    number = whole_record(small)
    small.record(
        f"person/{number}", "score", {"scale": "MADRS", "value": 20, "items": None, "source": "clinician"}, who="=cmd()"
    )
    text = small.caller("phil").get(f"/patients/{number}/csv").text
    assert "'=cmd()" in text
    assert text.startswith("# For research and education.")


def test_machines_read_with_a_token_and_are_told_in_fhir_what_is_wrong(small):
    number = whole_record(small)
    outside = small.caller()
    refused = outside.client.get("/fhir/R4/Patient")
    assert (refused.status_code, refused.json()["resourceType"]) == (401, "OperationOutcome")
    token = small.caller("ada").done("/admin/tokens", {"name": "registry", "scope": "system/*.rs"})["token"]
    headers = {"authorization": f"Bearer {token}"}
    found = outside.client.get("/fhir/R4/Observation?_count=2", headers=headers).json()
    assert (found["type"], len(found["entry"])) == ("searchset", 2)
    assert any(link["relation"] == "next" for link in found["link"])
    one = found["entry"][0]["resource"]["id"]
    assert outside.client.get(f"/fhir/R4/Observation/{one}", headers=headers).json()["id"] == one
    assert outside.client.get("/fhir/R4/Observation/none", headers=headers).json()["resourceType"] == "OperationOutcome"
    assert outside.client.get("/fhir/R4/Nonsense", headers=headers).status_code == 404
    assert outside.client.get("/fhir/R4/metadata").json()["fhirVersion"] == "4.0.1"
    assert "Quartzberg" not in outside.client.get("/fhir/R4/Patient", headers=headers).text
    assert any(line["user"] == "machine:registry" for line in small.centre.trail.lines(limit=20))
    assert number


def again_in(other, bundle_, *, keep=True):
    """A bundle read by the child and imported into another centre; gives the person's number there."""
    found = read_upload(json.dumps(bundle_).encode(), date_order="year first")
    report = import_people(other.centre, found, clinic="south", who="maud", dry_run=not keep)
    assert not report.refused, report.refused
    return other.centre.states("person")[0][0].partition("/")[2], report


def canonical_text(bundle_):
    entries = sorted(bundle_["entry"], key=lambda one: (one["resource"]["resourceType"], one["resource"]["id"]))
    return json.dumps({**bundle_, "entry": entries}, sort_keys=True)


def test_export_import_export_gives_the_same_bytes(small, elsewhere):
    number = whole_record(small)
    first = exported(small, number, identity="yes")
    there, report = again_in(elsewhere, first)
    assert report.new == 1
    second = elsewhere.caller("maud").get(f"/patients/{there}/fhir", params={"identity": "yes"}).json()
    assert canonical_text(second) == canonical_text(first)
    _, again = again_in(elsewhere, first)
    assert (again.new, again.known) == (0, 1)
    assert elsewhere.state(f"person/{there}")["imported"]["seq"] == 2, "the same bundle again changes nothing"


def test_what_came_from_elsewhere_goes_out_with_the_identity_alone_and_goes_with_the_key(small, elsewhere):
    there, _ = again_in(elsewhere, exported(small, whole_record(small), identity="yes"))
    maud = elsewhere.caller("maud")
    plain = maud.get(f"/patients/{there}/fhir").json()
    assert [one["resource"]["resourceType"] for one in plain["entry"]] == ["Patient"]
    assert "Quartzberg" not in json.dumps(plain)
    elsewhere.record(f"person/{there}", "identity_changed", {"name": "Another Name"})
    changed = maud.get(f"/patients/{there}/fhir", params={"identity": "yes"}).json()
    patient = next(one["resource"] for one in changed["entry"] if one["resource"]["resourceType"] == "Patient")
    assert patient["name"] == [{"text": "Another Name"}]
    maud.done(f"/patients/{there}/delete", {"reason": "asked for it", "sure": "delete"})
    gone = maud.get(f"/patients/{there}/fhir", params={"identity": "yes"}).json()
    assert [one["resource"]["resourceType"] for one in gone["entry"]] == ["Patient"]
    assert "Quartzberg" not in json.dumps(gone)


def test_a_bundle_of_many_people_gives_each_their_own_and_references_lead_inside(elsewhere):
    whole = bundle(1)
    whole["entry"] += bundle(2)["entry"]
    found = read_upload(json.dumps(whole).encode(), date_order="year first")
    for one in found["people"]:
        records = json.loads(one["records"])
        patient = next(each for each in records if each["resourceType"] == "Patient")
        subjects = {each["subject"]["reference"] for each in records if "subject" in each}
        assert subjects == {f"Patient/{patient['id']}"}


def test_a_bundle_without_addresses_gives_each_their_own():
    patients = [{"resourceType": "Patient", "id": f"p{k}", "name": [{"text": f"Person {k}"}]} for k in (1, 2)]
    rest = [
        {"resourceType": "Condition", "id": "c2", "subject": {"reference": "Patient/p2"}},
        {"resourceType": "Organization", "id": "nobody's"},
    ]
    whole = {"resourceType": "Bundle", "entry": [{"resource": one} for one in (*patients, *rest)]}
    one, other = (
        json.loads(found["records"]) for found in read_any(json.dumps(whole).encode(), "year first")["people"]
    )
    assert [each["id"] for each in one] == ["p1"]
    assert [each["id"] for each in other] == ["c2", "p2"]


def test_people_with_numbers_that_differ_by_a_dash_or_are_long_are_two_and_each_is_taken_once(small):
    long = "9" * 230
    lines = [
        "source_id,name",
        "1-23,Ann One",
        "12-3,Kim Two",
        "1-23,Ann One",
        f"{long}1,Eva Three",
        f"{long}2,Fay Four",
    ]
    found = read_any("\n".join(lines).encode(), "year first")
    reports = [
        import_people(small.centre, found, clinic="north", who="maud", dry_run=dry_run)
        for dry_run in (True, False, False)
    ]
    assert [(one.new, one.known) for one in reports] == [(4, 1), (4, 1), (0, 5)]


def test_six_hundred_bundles_come_in_without_a_crash_and_once(small):
    counts = {}
    for _ in range(2):
        for seed in range(BUNDLES):
            found = read_any(json.dumps(bundle(seed)).encode(), "year first")
            report = import_people(small.centre, found, clinic="north", who="maud", dry_run=seed >= 50)
            counts[report.new] = counts.get(report.new, 0) + 1
            assert not report.refused
            assert len(found["observed"]) == found["counts"].get("Observation", 0)
    assert len(small.centre.states("person")) == 50
    assert counts[0] == 50


def test_bundles_of_synthea_come_in_where_a_folder_is_named(small):
    named = os.environ.get("LIMEN_SYNTHEA")
    if not named:
        pytest.skip("LIMEN_SYNTHEA names no folder of bundles")
    for file in sorted(Path(named).glob("*.json"))[:30]:
        found = read_any(file.read_bytes(), "year first")
        assert "error" not in found
        import_people(small.centre, found, clinic="north", who="maud", dry_run=True)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "resourceType",
                    "entry",
                    "resource",
                    "name",
                    "identifier",
                    "value",
                    "component",
                    "code",
                    "coding",
                    "subject",
                    "reference",
                    "given",
                    "birthDate",
                    "telecom",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)


@given(json_values)
def test_no_json_breaks_the_reader(value):
    read_any(json.dumps({"resourceType": "Bundle", "entry": value}).encode(), "year first")
    read_any(
        json.dumps(
            {
                "resourceType": "Bundle",
                "entry": [
                    {"resource": {"resourceType": "Patient", "name": value}},
                    {"resource": {"resourceType": "Observation", "component": value}},
                ],
            }
        ).encode(),
        "year first",
    )


@example(b'source_id,name\r1,Ann\r"' + b"x" * 140_000, "year first")
@example(b"\r1", "year first")
@given(st.binary(max_size=300), st.sampled_from(["year first", "day first", "month first"]))
def test_no_bytes_break_the_reader(raw, order):
    assert isinstance(read_any(raw, order), dict)


def test_what_was_sent_is_read_by_a_child_that_may_fail_alone():
    deep = b'{"resourceType": "Bundle", "entry": ' + b"[" * 200_000
    with pytest.raises(Refused):
        read_upload(deep, date_order="year first")
    with pytest.raises(Refused, match="source_id"):
        read_upload(b"a,b\n1,2\n", date_order="year first")
    with pytest.raises(Refused, match="date_order"):
        read_upload(b"", date_order="guess")


def test_an_upload_that_is_too_large_is_refused(small):
    answer = small.caller("dora").post(
        "/patients/import", {"clinic": "north"}, files={"file": ("a.csv", b"x" * 21_000_000)}
    )
    assert answer.status_code == 422


def test_an_upload_is_a_dry_run_until_it_is_said_to_be_kept(small):
    dora = small.caller("dora")
    file = {"file": ("people.json", json.dumps(bundle(1)).encode())}
    assert dora.post("/patients/import", {"clinic": "north"}, files=file).json()["report"]["dry_run"] is True
    assert not small.centre.states("person")
    assert dora.post("/patients/import", {"clinic": "north", "sure": "yes"}, files=file).json()["report"]["new"] == 1
    assert dora.data("/patients?find=Family1")["people"]
