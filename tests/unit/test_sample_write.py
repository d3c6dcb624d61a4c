"""Sample deliveries: the same bytes for one seed, readable by their policies, bad where the truth says."""

import hashlib
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from safezone.errors import UsageError
from safezone.policy.load import load_policies
from safezone.sample.canaries import canaries
from safezone.sample.recipe import Rows
from safezone.sample.write import RECIPES, TRUTH, write_samples
from safezone.sources.adapters import open_source
from safezone.sources.delivery import open_file, read_manifest
from safezone.sources.typed import type_columns

ROWS, SEED = 2_600, 11
POLICIES = load_policies(Path(__file__).parents[2] / "policies" / "datasets")


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    out = tmp_path_factory.mktemp("deliveries")
    return {item.dataset: item for item in write_samples(out, rows=ROWS, seed=SEED, canaries=canaries(SEED))}


@pytest.fixture(scope="module")
def read(samples):
    """Every sample, read as its policy declares: good rows, and for each bad line its rules."""
    return {name: read_delivery(item.folder, POLICIES[name]) for name, item in samples.items()}


def read_delivery(folder, policy):
    good, bad = [], {}
    for number, entry in enumerate(read_manifest(folder).files, start=1):
        with open_file(folder, entry) as stream:
            source = open_source(policy.source, [column.name for column in policy.columns])
            for batch in source.batches(stream):
                typed = type_columns(batch, policy.columns, unknown_columns=policy.source.unknown_columns)
                good.append(typed.batch)
                for item in typed.bad.to_pylist():
                    bad[number, item["line"]] = (item["column"], item["rule"])
    return pa.Table.from_batches(good), bad


def content(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(samples, tmp_path):
    first = content(next(iter(samples.values())).folder.parent)
    write_samples(tmp_path / "again", rows=ROWS, seed=SEED, canaries=canaries(SEED))
    assert content(tmp_path / "again") == first
    write_samples(tmp_path / "other", rows=ROWS, seed=SEED + 1, datasets=["veterans-benefits"])
    assert not set(content(tmp_path / "other").values()) & set(first.values())


@pytest.mark.parametrize("dataset", sorted(RECIPES))
def test_a_row_does_not_depend_on_the_rows_it_is_made_with(dataset):
    make = RECIPES[dataset].make
    whole = pa.table(make(Rows(dataset, SEED, ROWS, np.arange(400))))
    part = pa.table(make(Rows(dataset, SEED, ROWS, np.arange(150, 250))))
    assert whole.slice(150, 100).equals(part)


def test_writing_again_keeps_the_deliveries_that_are_there(tmp_path):
    first = write_samples(tmp_path, rows=300, seed=3, datasets=["job-seekers"])
    before = content(tmp_path)
    assert write_samples(tmp_path, rows=300, seed=3, datasets=["job-seekers"]) == first
    assert content(tmp_path) == before


def test_every_policy_has_a_recipe_with_its_columns_in_order(read):
    assert sorted(RECIPES) == sorted(POLICIES)
    for name, (table, _) in read.items():
        assert table.column_names == [column.name for column in POLICIES[name].columns]


@pytest.mark.parametrize("dataset", sorted(RECIPES))
def test_exactly_the_planted_rows_are_bad(samples, read, dataset):
    table, bad = read[dataset]
    planted = {(row.file, row.line): row for row in samples[dataset].planted}
    assert set(bad) == set(planted)
    assert len(planted) == round(ROWS * 0.002)
    assert table.num_rows + len(bad) == ROWS == samples[dataset].rows
    for place, (column, rule) in bad.items():
        assert column == planted[place].column
        assert rule in RULES[planted[place].kind]
    assert set(Counter(row.kind for row in planted.values())) == {fault.kind for fault in RECIPES[dataset].faults}


RULES = {
    "unparsable_date": {"date.form", "datetime.form"},
    "word_in_number": {"integer.form", "decimal.form"},
    "excel_damaged": {"text.excel_damaged"},
    "missing_required": {"null.forbidden"},
    "ragged": {"row.ragged"},
    "not_json": {"row.json"},
}


def test_the_truth_lies_beside_the_deliveries_and_says_what_was_planted(samples):
    folder = next(iter(samples.values())).folder.parent
    truth = json.loads((folder / TRUTH).read_text(encoding="utf-8"))
    assert [item["folder"] for item in truth["deliveries"]] == [item.folder.name for item in samples.values()]
    assert len(truth["deliveries"][0]["planted"]) == round(ROWS * 0.002)
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [TRUTH, *(item.folder.name for item in samples.values())]
    )


@pytest.mark.parametrize("dataset", sorted(RECIPES))
def test_every_canary_is_planted_in_columns_and_in_text(read, dataset):
    people, recipe, (table, _) = canaries(SEED), RECIPES[dataset], read[dataset]
    for column, identifier in recipe.identifiers.items():
        values = {str(value) for value in table.column(column).to_pylist()}
        assert set(getattr(people, identifier)) <= values
    for column in recipe.texts:
        text = "\n".join(value or "" for value in table.column(column).to_pylist())
        assert {name for name in people.names if name in text} == set(people.names)
        assert all(rrn in text and phone in text for rrn, phone in zip(people.rrns, people.phones, strict=True))


@pytest.mark.parametrize("dataset", sorted(RECIPES))
def test_without_canaries_nothing_like_them_is_made(dataset):
    columns = RECIPES[dataset].make(Rows(dataset, SEED, 10_000, np.arange(10_000)))
    text = "\n".join(value or "" for column in columns.values() for value in column.unique().to_pylist())
    assert [needle for needle in canaries(SEED, 12).needles if needle in text] == []


def test_some_people_are_in_several_datasets_with_the_same_number_and_telephone(read):
    def people(dataset, phone):
        table = read[dataset][0]
        return dict(zip(table.column("주민등록번호").to_pylist(), table.column(phone).to_pylist(), strict=True))

    traffic = people("traffic-accidents", "연락처")
    for other in (people("veterans-benefits", "연락처"), people("job-seekers", "휴대전화")):
        both = set(traffic) & set(other)
        assert len(both) > ROWS // 100
        assert {traffic[rrn] == other[rrn] for rrn in both if traffic[rrn] and other[rrn]} == {True}


def test_households_share_addresses_and_names_repeat(read):
    table = read["job-seekers"][0]
    assert table.column("주소").value_counts().field("counts").to_pylist().count(2) > ROWS // 10
    names = Counter(table.column("성명").to_pylist())
    assert len(names) > ROWS // 5
    assert names.most_common(1)[0][1] > 4


def test_free_text_has_identifiers_in_some_rows_and_none_in_others(read):
    text = read["civil-complaints"][0].column("내용")
    with_mobile = pc.sum(pc.match_substring_regex(text, "010-?[0-9]{4}-?[0-9]{4}")).as_py() / len(text)
    assert 0.2 < with_mobile < 0.5
    assert pc.sum(pc.match_substring(text, "접수번호 1AA-")).as_py() > 50


def test_accidents_hold_something_to_learn(read):
    table = read["traffic-accidents"][0]
    severe = pc.is_in(table.column("상해정도"), value_set=pa.array(["중상", "사망"]))
    fast = pc.fill_null(pc.greater(table.column("추정속도"), 60), False)
    share = {flag: pc.mean(severe.filter(pc.equal(fast, flag)).cast(pa.int8())).as_py() for flag in (True, False)}
    assert share[True] > 1.8 * share[False] > 0


@pytest.mark.parametrize("dataset", sorted(RECIPES))
def test_k_is_reached_within_the_suppression_limit(read, dataset):
    from pseudonymize.plan import Plan, apply

    policy, (table, _) = POLICIES[dataset], read[dataset]
    quasi = list(policy.privacy.quasi_identifiers)
    plan = Plan(tuple(column for column in policy.plan.columns if column.name in quasi))
    published = apply(plan, table.select(quasi), keys=None).table
    counts = published.group_by(quasi).aggregate([([], "count_all")]).column("count_all")
    small = counts.filter(pc.less(counts, policy.privacy.k))
    assert (pc.sum(small).as_py() or 0) / table.num_rows < policy.privacy.suppression_limit


def test_rows_of_a_sample_meet_the_rules_between_columns(read):
    """Rules that every row must meet hold for the good rows, so that a sample is not refused as a whole."""
    table = read["veterans-benefits"][0]
    assert len(pc.unique(table.column("보훈번호"))) == table.num_rows
    assert pc.all(pc.less_equal(table.column("결정일자"), table.column("기준일자"))).as_py()


@pytest.mark.parametrize(
    ("options", "code"),
    [({"rows": 10}, "sample.rows"), ({"rows": 300, "datasets": ["tax-returns"]}, "sample.unknown")],
)
def test_what_cannot_be_made_is_refused(tmp_path, options, code):
    with pytest.raises(UsageError) as caught:
        write_samples(tmp_path, seed=1, **options)
    assert caught.value.code == code
