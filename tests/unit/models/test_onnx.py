import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression

from hauberk.models import Kind, open_model, parse_model, serialise_model
from hauberk.models.errors import BadScores, NotSealable, UnknownModel

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(50, 3))
LABELS = np.where(ROWS[:, 0] > 0, "rich", "poor")
ESTIMATOR = LogisticRegression().fit(ROWS, LABELS)


def graph(nodes, outputs, *, shape=("N", 3), kind=TensorProto.FLOAT, inputs=1):
    entries = [helper.make_tensor_value_info(f"x{number}" if number else "x", kind, shape) for number in range(inputs)]
    made = helper.make_graph(nodes, "g", entries, outputs)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return model.SerializeToString()


def value(name, columns, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, ["N", columns])


SOFTMAX = [helper.make_node("Softmax", ["x"], ["y"], axis=1)]
MEAN = [helper.make_node("ReduceMean", ["x"], ["y"], axes=[1], keepdims=1)]


@pytest.mark.parametrize("zipmap", [True, False])
def test_classifiers_with_and_without_zipmap(zipmap):
    converted = to_onnx(ESTIMATOR, ROWS[:1].astype(np.float32), options={id(ESTIMATOR): {"zipmap": zipmap}})
    model = parse_model(converted.SerializeToString(), Kind.ONNX)
    assert model.classes == (("poor", "rich") if zipmap else ("0", "1"))
    np.testing.assert_allclose(model.predict(ROWS), ESTIMATOR.predict_proba(ROWS), atol=1e-6)


def test_a_plain_network():
    model = parse_model(graph(SOFTMAX, [value("y", 3)]), "onnx", classes=("a", "b", "c"))
    assert (model.classes, model.width) == (("a", "b", "c"), 3)
    assert model.predict(ROWS).sum() == pytest.approx(50)


def test_values_and_the_probability_of_the_second_class():
    rows = np.abs(ROWS) / 10
    regressor = parse_model(graph(MEAN, [value("y", 1)]), "onnx")
    assert regressor.classes == ()
    np.testing.assert_allclose(regressor.predict(rows)[:, 0], rows.mean(axis=1), atol=1e-6)
    classifier = parse_model(graph(MEAN, [value("y", 1)]), "onnx", classes=("no", "yes"))
    np.testing.assert_allclose(classifier.predict(rows)[:, 1], rows.mean(axis=1), atol=1e-6)


def test_of_two_outputs_the_one_called_probabilities_counts():
    nodes = [
        helper.make_node("Identity", ["x"], ["logits"]),
        helper.make_node("Softmax", ["x"], ["probabilities"], axis=1),
    ]
    model = parse_model(graph(nodes, [value("logits", 3), value("probabilities", 3)]), "onnx")
    np.testing.assert_allclose(model.predict(ROWS).sum(axis=1), 1, atol=1e-6)


def test_double_input():
    data = graph(SOFTMAX, [value("y", 3, TensorProto.DOUBLE)], kind=TensorProto.DOUBLE)
    expected = np.exp(ROWS) / np.exp(ROWS).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(parse_model(data, "onnx").predict(ROWS), expected, atol=1e-15)


def test_logits_are_no_probabilities():
    model = parse_model(graph([helper.make_node("Identity", ["x"], ["y"])], [value("y", 3)]), "onnx")
    with pytest.raises(BadScores, match="sum to 1"):
        model.predict(ROWS)


@pytest.mark.parametrize(
    "data",
    [
        graph(SOFTMAX, [value("y", 3)], shape=("N", "d")),
        graph(SOFTMAX, [value("y", 3)], inputs=2),
        graph([*SOFTMAX, helper.make_node("Identity", ["x"], ["z"])], [value("y", 3), value("z", 3)]),
    ],
    ids=["no width", "two inputs", "two outputs"],
)
def test_unclear_graphs_are_refused(data):
    with pytest.raises(UnknownModel):
        parse_model(data, "onnx")


def test_another_number_of_classes_is_refused():
    with pytest.raises(UnknownModel, match="2 columns"):
        parse_model(graph(SOFTMAX, [value("y", 3)]), "onnx", classes=("a", "b"))


def test_a_live_session_cannot_be_sealed_but_its_bytes_can():
    data = graph(SOFTMAX, [value("y", 3)])
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    model = open_model(session)
    with pytest.raises(NotSealable, match="live session"):
        serialise_model(model)
    parsed = parse_model(data, "onnx")
    assert serialise_model(parsed) == (Kind.ONNX, data)
    np.testing.assert_array_equal(parsed.predict(ROWS), model.predict(ROWS))


def test_metadata_that_is_no_list_is_refused():
    made = onnx.load_from_string(graph(SOFTMAX, [value("y", 3)]))
    entry = made.metadata_props.add()
    entry.key, entry.value = "hauberk.classes", "[1]"
    with pytest.raises(Exception, match="JSON list"):
        parse_model(made.SerializeToString(), "onnx")
