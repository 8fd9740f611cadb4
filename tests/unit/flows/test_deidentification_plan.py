"""Plans go to TOML and back, fit the data, and refuse what makes no sense; drafts never touch what is there."""

from __future__ import annotations

import os
import stat

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from hauberk.core.digest import digest_bytes
from hauberk.data import FeatureOverride, infer_schema, make_dataset
from hauberk.flows.deidentification_plan import Plan, Treatment, parse_plan, plan_of, render_plan, resolve_plan
from hauberk.flows.errors import BadSetting, BadToml, ReleaseRefused, StateUnwritable, UnknownSetting
from hauberk.flows.release import refuse_place, write_draft
from hauberk.verify.errors import BadStep
from hauberk.verify.personal import (
    AgeToNinety,
    Bin,
    DateToYear,
    Deidentification,
    Drop,
    Pseudonym,
    RollUp,
    ZipToThree,
    propose_linkable,
    quasi_identifiers,
    scan_personal,
    sensitive_columns,
)

STEPS = Deidentification(
    steps=(
        Drop(column="name"),
        DateToYear(column='we"ird\ncolumn', earliest=1936),
        ZipToThree(column="zip"),
        AgeToNinety(column="age"),
        Bin(column="hours", edges=(20.0, 40.5)),
        RollUp(column="country", keep=("NL", "DE"), other="elsewhere"),
        Pseudonym(column="id", domain="patient"),
    )
)


def data():
    columns = {
        "patient_id": [900_000 + 7 * i for i in range(60)],
        "email": [f"u{i}@mail.example" for i in range(60)],
        "sex": ["f", "m"] * 30,
        "age": [20 + i % 30 for i in range(60)],
        "country": ["NL"] * 30 + ["DE"] * 20 + ["LU"] * 10,
        "seen": pa.array([86_400 * i for i in range(60)], pa.timestamp("s")),
        "outcome": ["a", "b", "c"] * 20,
    }
    table = pa.table(columns)
    return make_dataset(table, infer_schema(table, target="outcome"))


def test_a_plan_reads_back_what_was_rendered():
    plan = plan_of(STEPS, quasi=["age", "zip"], sensitive=["ill\u202eness"], key="k2")
    again = parse_plan(render_plan(plan).encode(), where="plan")
    assert again == plan
    assert resolve_plan(again, data()) == STEPS


def test_rare_categories_are_counted_in_the_data():
    plan = Plan(columns={"country": Treatment(treatment="roll-up", least=15), "age": Treatment(treatment="keep")})
    (step,) = resolve_plan(parse_plan(render_plan(plan).encode(), where="plan"), data()).steps
    assert step.column == "country"
    assert "LU" not in step.keep


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("k = ", BadToml),
        ("k = 1", BadSetting),
        ("quassi = []", UnknownSetting),
        ('[columns.a]\ntreatment = "delete"', BadSetting),
        ('[columns.a]\ntreatment = "drop"\ndomain = "x"', BadSetting),
        ("[columns.a]\nedges = [1]", BadSetting),
    ],
)
def test_no_plan(text, error):
    with pytest.raises(error, match="plan"):
        parse_plan(text.encode(), where="plan")


def test_a_roll_up_needs_a_measure_and_texts():
    with pytest.raises(BadSetting, match="least"):
        resolve_plan(Plan(columns={"country": Treatment(treatment="roll-up")}), data())
    with pytest.raises(BadStep):
        resolve_plan(Plan(columns={"age": Treatment(treatment="roll-up", least=5)}), data())


def test_keys_become_pseudonyms_and_addresses_go():
    dataset = data()
    evidence = scan_personal(dataset, seed=0)
    steps = {step.column: step for step in propose_linkable(evidence, dataset.schema, reference_year=2026).steps}
    assert steps["patient_id"] == Pseudonym(column="patient_id")
    assert steps["email"] == Drop(column="email")
    assert steps["seen"] == DateToYear(column="seen", earliest=1936)
    quasi = quasi_identifiers(evidence, dataset.schema)
    assert set(quasi) >= {"age", "sex", "seen"}
    assert not {"patient_id", "email", "outcome"} & set(quasi)
    assert sensitive_columns(dataset.schema, quasi) == ("outcome",)
    marked = {name: FeatureOverride(sensitive=True) for name in ("sex", "country")}
    schema = infer_schema(dataset.table, target="outcome", overrides=marked)
    assert sensitive_columns(schema, ("sex",)) == ("country",)
    assert sensitive_columns(schema, ("sex", "country")) == ("outcome",)


@pytest.mark.parametrize("name", ["out.csv", "out.tsv", "out.parquet", "out.arrow"])
def test_a_draft_is_whole_private_and_has_no_name_yet(tmp_path, name):
    draft = write_draft(data(), tmp_path / name)
    assert not draft.final.exists()
    assert stat.S_IMODE(draft.draft.stat().st_mode) == 0o600
    assert draft.digest == digest_bytes(draft.draft.read_bytes())
    draft.publish(replace=False)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    if name.endswith("parquet"):
        assert parquet.read_table(draft.final)["seen"].type == pa.timestamp("us")
    if name.endswith("csv"):
        assert csv.read_csv(draft.final).num_rows == 60


def test_a_file_that_came_meanwhile_is_not_overwritten(tmp_path):
    draft = write_draft(data(), tmp_path / "out.csv")
    (tmp_path / "out.csv").write_text("mine")
    with pytest.raises(ReleaseRefused):
        draft.publish(replace=False)
    assert (tmp_path / "out.csv").read_text() == "mine"
    draft.discard()
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_places_that_are_refused(tmp_path):
    given, state = tmp_path / "train.csv", tmp_path / ".hauberk"
    given.write_text("a,b")
    state.mkdir()
    os.link(given, tmp_path / "hard.csv")
    os.symlink(given, tmp_path / "soft.csv")
    os.symlink(tmp_path / "nowhere.csv", tmp_path / "dangling.csv")
    for place in (given, tmp_path / "hard.csv", tmp_path / "soft.csv", tmp_path / "dangling.csv", state / "x.csv"):
        with pytest.raises(ReleaseRefused):
            refuse_place(place, inputs=[given], state=state, replace=True)
    refuse_place(tmp_path / "new.csv", inputs=[given], state=state, replace=False)


def test_a_link_under_the_drafts_name_leads_nowhere(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    os.symlink(victim, tmp_path / ".out.csv.new")
    with pytest.raises(Exception, match="Cannot write"):
        write_draft(data(), tmp_path / "out.csv")
    assert victim.read_text() == "mine"


def test_a_file_of_two_names_is_not_written_into(tmp_path):
    """A run that is killed between giving the name and taking the draft's away leaves one."""
    write_draft(data(), tmp_path / "out.csv").publish(replace=False)
    os.link(tmp_path / "out.csv", tmp_path / ".out.csv.new")
    before = (tmp_path / "out.csv").read_bytes()
    write_draft(data().take(np.arange(3)), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == before


def test_a_folder_under_the_drafts_name_is_told(tmp_path):
    (tmp_path / ".out.csv.new").mkdir()
    with pytest.raises(StateUnwritable):
        write_draft(data(), tmp_path / "out.csv")
