"""No value from the data in what is returned, rendered, logged, printed or raised."""

import json
import logging
import warnings
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pytest

from validation.docs import publish_docs
from validation.evaluate import judge, silence
from validation.run import Validator
from validation.suite import Expectation, Suite

CANARY = "canary-860102-1234567"
NUMBER = 860_102_123


@dataclass
class Finding:
    entity: str


def telltale(texts):
    """A detector that names entities after what it read."""
    return [[Finding(text)] for text in texts]


def shouting(texts):
    raise ValueError(f"bad text: {texts}")


ITEMS = (
    Expectation("not_null", column="number"),
    Expectation("in_set", column="text", values=("x",)),
    Expectation("not_in_set", column="text", values=("y",)),
    Expectation("between", column="number", max=1),
    Expectation("matches", column="text", regex="x"),
    Expectation("not_matches", column="text", regex="canary"),
    Expectation("length_between", column="text", max=1),
    Expectation("tokens", column="text"),
    Expectation("no_personal_data", column="text"),
    Expectation("unique", column="text"),
    Expectation("sum_between", column="number", max=1),
    Expectation("distinct_between", column="text", max=0),
    Expectation("k_anonymity", columns=("text",), min=9),
    Expectation("l_diversity", column="number", columns=("text",), min=9),
    Expectation("columns_in_order", columns=("text",)),
    Expectation("type_is", column="number", type="string"),
)


@pytest.mark.parametrize("detector", [telltale, shouting])
def test_planted_values_appear_nowhere(detector, tmp_path, caplog, capfd):
    # The header is data too: a file without one names its columns after its first row.
    table = pa.table({"text": [CANARY, CANARY], "number": [NUMBER, None], f"{CANARY}!": ["x", "y"]})
    with caplog.at_level(logging.DEBUG):
        validator = Validator(Suite("s", ITEMS), detector, connect=duckdb.connect).add(table)
        part = validator.partial()
        result = validator.finish(table)
        publish_docs([result], tmp_path, title="t")
    assert not result.success
    seen = [
        json.dumps(part.to_json()),
        json.dumps(result.to_json()),
        repr(result),
        caplog.text,
        *capfd.readouterr(),
    ]
    seen += [page.read_text() for page in tmp_path.iterdir()]
    for text in seen:
        assert CANARY not in text
        assert str(NUMBER) not in text


def test_an_exception_inside_great_expectations_is_silent(caplog, capfd):
    import pandas as pd

    frame = pd.DataFrame({"a": [CANARY]})  # not Arrow-backed: comparing text with a number raises, quoting it
    arguments = {"column": "a", "min_value": 1, "max_value": 2}
    with caplog.at_level(logging.DEBUG):
        assert judge("expect_column_values_to_be_between", arguments, frame) is None
        assert judge("expect_column_values_to_be_within_typed_bounds", arguments, frame) is None
        assert judge("expect_no_such_thing", arguments, frame) is None
    assert CANARY not in caplog.text + "".join(capfd.readouterr())


def test_a_source_that_raises_is_a_code():
    def source():
        raise OSError(f"cannot open {CANARY}")

    suite = Suite("s", (Expectation("unique", column="a"), Expectation("not_null", column="a")))
    result = Validator(suite, connect=duckdb.connect).add(pa.table({"a": ["x"]})).finish(source)
    assert {outcome.code for outcome in result.outcomes} == {"evaluation_failed"}


def test_what_great_expectations_logs_or_warns_goes_nowhere(caplog, capfd):
    with silence():
        logging.getLogger("great_expectations.validator.validation_graph").error("Caught exception %s", CANARY)
        warnings.warn(CANARY, stacklevel=1)
    assert CANARY not in caplog.text + "".join(capfd.readouterr())


def test_a_source_that_breaks_off_is_a_code():
    def source():
        schema = pa.schema([("a", pa.string())])

        def batches():
            yield pa.record_batch([["x"]], schema=schema)
            raise ValueError(CANARY)

        return pa.RecordBatchReader.from_batches(schema, batches())

    suite = Suite("s", (Expectation("unique", column="a"),))
    result = Validator(suite, connect=duckdb.connect).finish(source)
    assert [outcome.code for outcome in result.outcomes] == ["evaluation_failed"]
