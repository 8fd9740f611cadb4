"""Each step by hand, the plan, the schema that results, and the Safe Harbor plan from scan to clean scan."""

import dataclasses
import datetime

import numpy as np
import pyarrow as pa
import pytest

from hauberk.crypto import PseudonymKey
from hauberk.data import (
    Adversary,
    Dataset,
    Feature,
    FeatureOverride,
    Kind,
    LinearRelation,
    Role,
    Schema,
    infer_schema,
    make_dataset,
)
from hauberk.verify.errors import BadStep, KeyNeeded
from hauberk.verify.personal import (
    RESTRICTED_ZIP3,
    AgeToNinety,
    Bin,
    DateToYear,
    Deidentification,
    Drop,
    Pseudonym,
    RollUp,
    ZipToThree,
    deidentify,
    propose_safe_harbor,
    roll_up_rare,
    scan_personal,
)

KEY = PseudonymKey(bytes(32))


def one_column(values, kind: Kind, **more) -> Dataset:
    categories = tuple(dict.fromkeys(value for value in values if value is not None)) if kind is Kind.CATEGORY else ()
    role = more.pop("role", Role.IGNORED if kind is Kind.TEXT else Role.INPUT)
    feature = Feature(name="c", kind=kind, role=role, categories=categories, nullable=None in values, **more)
    return make_dataset(pa.table({"c": pa.array(values)}), Schema(features=(feature,)))


def after(step, values, kind: Kind, **more) -> tuple[list, Feature]:
    result = deidentify(one_column(values, kind, **more), Deidentification(steps=(step,)), key=KEY)
    return result.table.column("c").to_pylist(), result.schema.features[0]


def test_bins() -> None:
    values, feature = after(
        Bin(column="c", edges=(20, 40.5)), [19.9, 20.0, 40.5, None], Kind.NUMBER, unit="a", high=50.0
    )
    assert values == ["< 20", "20 to < 40.5", ">= 40.5", None]
    assert (feature.kind, feature.categories) == (Kind.CATEGORY, ("< 20", "20 to < 40.5", ">= 40.5"))
    assert (feature.unit, feature.high) == ("", None)


@pytest.mark.parametrize("edges", [(), (2.0, 1.0), (1.0, 1.0), (float("nan"),), (float("inf"),)])
def test_bad_edges(edges) -> None:
    with pytest.raises(BadStep):
        after(Bin(column="c", edges=edges), [1.0], Kind.NUMBER)


@pytest.mark.parametrize(
    ("values", "kind", "years"),
    [
        (
            ["1987-03-05", "5 March 1987", "no date", None, "1987", "2019-02"],
            Kind.TEXT,
            [1987, 1987, None, None, 1987, 2019],
        ),
        (
            [19870305, 1987, 1_600_000_000, 1_600_000_000_000, 12, None],
            Kind.INTEGER,
            [1987, 1987, 2020, 2020, None, None],
        ),
        ([1.6e9, 0.5, None], Kind.NUMBER, [2020, None, None]),
    ],
)
def test_dates_to_years(values, kind: Kind, years) -> None:
    found, feature = after(DateToYear(column="c"), values, kind)
    assert found == years
    assert (feature.kind, feature.unit, feature.nullable) == (Kind.INTEGER, "year", True)


def test_timestamps_to_years_before_and_after_1970() -> None:
    table = pa.table({"c": [datetime.datetime(1969, 12, 31, 23, 59), datetime.datetime(2024, 2, 29), None]})
    dataset = make_dataset(table, infer_schema(table, target=None))
    result = deidentify(dataset, Deidentification(steps=(DateToYear(column="c", earliest=1990),)))
    assert result.table.column("c").to_pylist() == [1990, 2024, None]
    assert deidentify(dataset, Deidentification(steps=(DateToYear(column="c"),))).table.column("c")[0].as_py() == 1969


def test_zip_codes() -> None:
    codes = ["90210", "90210-1234", "902101234", "03601", "902", "K1A 0B1", "9021", None]
    found, feature = after(ZipToThree(column="c"), codes, Kind.TEXT)
    assert found == ["902", "902", "902", "000", "902", None, None, None]
    assert (feature.kind, feature.categories) == (Kind.CATEGORY, ("000", "902"))
    assert after(ZipToThree(column="c"), [501, 3601, 90210, 36011234], Kind.INTEGER)[0] == ["005", "000", "902", "000"]


def test_areas_of_three_digits_that_are_numbers() -> None:
    random = np.random.default_rng(0)
    for name, areas in (("zip3", ["000", "501", "902"]), ("zip", ["000", "005", "009"])):
        table = pa.table({name: random.choice([36, 501, 902], 60), "y": ["a", "b"] * 30})
        dataset = make_dataset(table, infer_schema(table, target="y"))
        plan = propose_safe_harbor(scan_personal(dataset, seed=0), dataset.schema, reference_year=2026)
        (step,) = plan.steps
        assert isinstance(step, ZipToThree)
        assert sorted(set(deidentify(dataset, plan).table.column(name).to_pylist())) == areas


def test_the_restricted_areas_are_the_seventeen() -> None:
    assert len(RESTRICTED_ZIP3) == 17
    assert all(len(area) == 3 and area.isdigit() for area in RESTRICTED_ZIP3)
    assert (
        after(ZipToThree(column="c"), [area + "99" for area in sorted(RESTRICTED_ZIP3)], Kind.TEXT)[0] == ["000"] * 17
    )


@pytest.mark.parametrize("kind", [Kind.INTEGER, Kind.NUMBER])
def test_ages(kind: Kind) -> None:
    found, feature = after(AgeToNinety(column="c"), [17, 89, 90, 104, None], kind, low=17.0, high=104.0)
    assert found == [17, 89, 90, 90, None]
    assert (feature.low, feature.high, feature.kind) == (17, 90, kind)


def test_rare_categories() -> None:
    values = ["a"] * 9 + ["b"] * 6 + ["c"] * 2 + ["d"] + [None]
    dataset = one_column(values, Kind.CATEGORY)
    step = roll_up_rare(dataset, "c", least=3)
    assert step.keep == ("a", "b")
    result = deidentify(dataset, Deidentification(steps=(step,)))
    assert result.table.column("c").to_pylist() == ["a"] * 9 + ["b"] * 6 + ["other"] * 3 + [None]
    # Two rare rows would be as rare under the new name, so the rarest kept category joins them.
    assert roll_up_rare(one_column(values[:-2], Kind.CATEGORY), "c", least=3).keep == ("a",)
    assert roll_up_rare(one_column(["a"] * 9, Kind.CATEGORY), "c", least=3).keep == ("a",)


def test_a_plan_treats_unseen_rows_by_the_same_rule() -> None:
    step = RollUp(column="c", keep=("a",))
    assert after(step, ["a", "z"], Kind.CATEGORY)[0] == ["a", "other"]


def test_pseudonyms_of_numbers_and_of_texts() -> None:
    numbers, feature = after(Pseudonym(column="c"), [7, 8, 7, None], Kind.INTEGER, role=Role.GROUP, personal=True)
    assert numbers[0] == numbers[2] != numbers[1]
    assert (numbers[3], feature.kind, feature.role, feature.personal) == (None, Kind.TEXT, Role.GROUP, True)
    assert after(Pseudonym(column="c"), ["7"], Kind.TEXT)[0] == after(Pseudonym(column="c"), [7.0], Kind.NUMBER)[0]
    assert numbers[0] == after(Pseudonym(column="c"), ["7"], Kind.TEXT)[0][0]
    assert numbers[0] != after(Pseudonym(column="c", domain="other"), [7], Kind.INTEGER)[0][0]


def test_pseudonyms_of_categories_are_categories_in_another_order() -> None:
    values, feature = after(Pseudonym(column="c"), ["ann", "bob", "ann"], Kind.CATEGORY)
    assert set(values) == set(feature.categories)
    assert feature.categories == tuple(sorted(feature.categories))


def test_pseudonyms_need_a_key() -> None:
    with pytest.raises(KeyNeeded):
        deidentify(one_column(["secret-value"], Kind.TEXT), Deidentification(steps=(Pseudonym(column="c"),)))


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (AgeToNinety(column="c"), Kind.TEXT),
        (Bin(column="c", edges=(1.0,)), Kind.CATEGORY),
        (RollUp(column="c", keep=()), Kind.INTEGER),
        (ZipToThree(column="c"), Kind.NUMBER),
        (Drop(column="nowhere"), Kind.TEXT),
        (Drop(column="c"), Kind.TEXT),
    ],
)
def test_steps_that_do_not_fit(step, kind: Kind) -> None:
    values = {Kind.TEXT: ["secret-value"], Kind.CATEGORY: ["secret-value"], Kind.INTEGER: [777], Kind.NUMBER: [777.5]}
    with pytest.raises(BadStep) as caught:
        after(step, values[kind], kind)
    assert "secret" not in str(caught.value)
    assert "777" not in str(caught.value)


def test_one_step_a_column() -> None:
    with pytest.raises(BadStep):
        Deidentification(steps=(Drop(column="c"), AgeToNinety(column="c")))


def test_the_target_stays_a_target() -> None:
    with pytest.raises(BadStep):
        after(DateToYear(column="c"), ["1987-03-05"], Kind.CATEGORY, role=Role.TARGET)
    assert after(Pseudonym(column="c"), ["a", "b"], Kind.CATEGORY, role=Role.TARGET)[1].role is Role.TARGET


def test_what_the_schema_said_of_old_values_is_gone() -> None:
    adversary = Adversary(mutable=True, low=0.0)
    features = (
        Feature(name="a", kind=Kind.NUMBER, adversary=adversary),
        Feature(name="b", kind=Kind.NUMBER, adversary=adversary),
        Feature(name="p", kind=Kind.INTEGER, one_hot="g"),
        Feature(name="q", kind=Kind.INTEGER, one_hot="g"),
        Feature(name="r", kind=Kind.INTEGER, one_hot="g"),
    )
    relations = (
        LinearRelation(name="ab", coefficients=(("a", 1.0), ("b", -1.0)), bound=0.0),
        LinearRelation(name="b", coefficients=(("b", 1.0),), bound=9.0),
    )
    table = pa.table({"a": [1.0], "b": [2.0], "p": [1], "q": [0], "r": [0]})
    dataset = make_dataset(table, Schema(features=features, relations=relations, budget=3.0))
    result = deidentify(dataset, Deidentification(steps=(Bin(column="a", edges=(1.0,)), Drop(column="r")))).schema
    assert [feature.adversary.mutable for feature in result.features] == [False, True, False, False]
    assert [feature.one_hot for feature in result.features] == ["", "", "", ""]
    assert ([relation.name for relation in result.relations], result.budget) == (["b"], 3.0)
    assert dataset.schema.features[0].adversary == adversary


def test_the_plan_shows_its_parameters_and_no_category() -> None:
    steps = (
        RollUp(column="a", keep=("Rare Person",)),
        Bin(column="b", edges=(1.0,)),
        Pseudonym(column="c"),
        ZipToThree(column="z"),
    )
    plan = Deidentification(steps=steps)
    assert "Rare Person" not in repr(plan) + str(plan.document())
    assert plan.document()[:3] == (
        {"step": "RollUp", "column": "a", "kept": 1},
        {"step": "Bin", "column": "b", "edges": (1.0,)},
        {"step": "Pseudonym", "column": "c", "domain": "c"},
    )


def hospital(rows: int = 300) -> Dataset:
    random = np.random.default_rng(2)
    ages = random.integers(20, 89, rows)
    ages[:4] = 93
    table = pa.table(
        {
            "mrn": random.permutation(rows) + 50_000,
            "name": [f"Ada Okafor{'abcdefghij'[n % 10]}" for n in range(rows)],
            "age": ages,
            "birth_year": 2020 - ages,
            "zip": [f"{code:05}" for code in random.choice([3601, 90210, 10001, 60601], rows)],
            "admitted": [datetime.date(1925 + n % 90, n % 12 + 1, n % 28 + 1) for n in range(rows)],
            "note": [f"seen on 3 May 2019, write to p{n}@example.org" for n in range(rows)],
            "city": random.choice(["Ulm", "Bonn"], rows),
            "flagged": random.integers(0, 9, rows),
            "diag": [f"E{n % 60 + 10}.9" for n in range(rows)],
            "pressure": random.normal(120, 10, rows),
            "y": random.choice(["yes", "no"], rows),
        }
    )
    return make_dataset(table, infer_schema(table, target="y", overrides={"flagged": FeatureOverride(personal=True)}))


def test_the_safe_harbor_plan_leaves_nothing_to_find() -> None:
    dataset = hospital()
    plan = propose_safe_harbor(scan_personal(dataset, seed=0), dataset.schema, reference_year=2020)
    assert {step.column: type(step).__name__ for step in plan.steps} == {
        "mrn": "Drop",
        "name": "Drop",
        "age": "AgeToNinety",
        "birth_year": "DateToYear",
        "zip": "ZipToThree",
        "admitted": "DateToYear",
        "note": "Drop",
        "city": "Drop",
        "flagged": "Drop",
    }
    result = deidentify(dataset, plan)
    assert [feature.name for feature in result.schema.features] == [
        "age", "birth_year", "zip", "admitted", "diag", "pressure", "y",
    ]  # fmt: skip
    assert result.table.column("birth_year").to_numpy().min() == 1930
    assert result.table.column("admitted").to_numpy().min() == 1930
    left = scan_personal(result, seed=0)
    assert [one.identifier.name for one in left] == ["HEALTH"]
    again = propose_safe_harbor(left, result.schema, reference_year=2020)
    assert deidentify(result, again).table.equals(result.table)


@pytest.mark.parametrize("name", ["birth", "born", "DOB", "birth_date", "yob"])
def test_years_of_birth_are_capped_whatever_their_column_is_called(name: str) -> None:
    table = pa.table({name: [1921, 1935, 1936, 1987] * 15, "y": ["a", "b"] * 30})
    dataset = make_dataset(table, infer_schema(table, target="y"))
    plan = propose_safe_harbor(scan_personal(dataset, seed=0), dataset.schema, reference_year=2026)
    assert plan.steps == (DateToYear(column=name, earliest=1936),)
    assert deidentify(dataset, plan).table.column(name).to_pylist()[:4] == [1936, 1936, 1936, 1987]


def test_weights_at_birth_are_no_years() -> None:
    table = pa.table({"birth_weight": [2100, 1950, 2000, 1900] * 15, "y": ["a", "b"] * 30})
    dataset = make_dataset(table, infer_schema(table, target="y"))
    assert propose_safe_harbor(scan_personal(dataset, seed=0), dataset.schema, reference_year=2026).steps == ()


@pytest.mark.parametrize(("top", "steps"), [("95+", 1), ("[95-100)", 1), ("96 years", 1), ("90+", 0), ("[90-100)", 0)])
def test_ages_over_89_that_are_written_as_texts(top: str, steps: int) -> None:
    table = pa.table({"age": [*(f"{n}" for n in range(20, 49)), top] * 2, "y": ["a", "b"] * 30})
    dataset = make_dataset(table, infer_schema(table, target="y", overrides={"age": FeatureOverride(kind=Kind.TEXT)}))
    plan = propose_safe_harbor(scan_personal(dataset, seed=0), dataset.schema, reference_year=2026)
    assert plan.steps == (Drop(column="age"),) * steps


def test_a_clean_table_needs_no_plan() -> None:
    table = pa.table({"x": np.random.default_rng(0).normal(size=50), "y": ["a", "b"] * 25})
    dataset = make_dataset(table, infer_schema(table, target="y"))
    assert propose_safe_harbor(scan_personal(dataset, seed=0), dataset.schema, reference_year=2020).steps == ()


def test_categories_of_age_are_dropped_where_they_name_an_old_one() -> None:
    dataset = one_column(["34", "93", "71"] * 20, Kind.CATEGORY)
    features = (dataclasses.replace(dataset.schema.features[0], name="age"),)
    named = Dataset(table=dataset.table.rename_columns(["age"]), schema=Schema(features=features))
    (step,) = propose_safe_harbor(scan_personal(named, seed=0), named.schema, reference_year=2020).steps
    assert step == Drop(column="age")
