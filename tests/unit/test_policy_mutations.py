"""Whatever is done to a policy file, it is read or refused with a place; nothing else is ever raised."""

import copy
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from safezone.errors import PolicyError
from safezone.policy.load import load_policy

POLICIES = sorted((Path(__file__).parents[2] / "policies" / "datasets").glob("*.yaml"))
PLAIN = YAML(typ="safe", pure=True)
TREES = {path.stem: PLAIN.load(path.read_text(encoding="utf-8")) for path in POLICIES}

odd_values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.text(max_size=20),
    st.lists(st.one_of(st.integers(), st.text(max_size=5)), max_size=3),
    st.dictionaries(st.text(min_size=1, max_size=8), st.integers(), max_size=3),
)


def places(tree, here=()):
    """Every place of a tree."""
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in inner:
        yield (*here, key)
        yield from places(value, (*here, key))


@st.composite
def mutated(draw):
    """A sample policy with up to three values replaced, removed or renamed."""
    name = draw(st.sampled_from(sorted(TREES)))
    tree = copy.deepcopy(TREES[name])
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(list(places(tree)) or [("dataset",)]))
        parent = tree
        for step in way:
            parent = parent[step]
        if draw(st.booleans()):
            parent[last] = draw(odd_values)
        elif isinstance(parent, dict):
            value = parent.pop(last)
            if draw(st.booleans()):
                parent[draw(st.text(min_size=1, max_size=8))] = value
        else:
            parent.pop(last)
    return name, tree


@given(mutated())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_mutated_policy_is_read_or_refused_with_a_place(tmp_path_factory, case):
    name, tree = case
    path = tmp_path_factory.mktemp("policy") / f"{name}.yaml"
    with path.open("w", encoding="utf-8") as file:
        PLAIN.dump(tree, file)
    try:
        policy = load_policy(path)
    except PolicyError as error:
        assert error.code.startswith("policy.")
        assert re.match(rf"{name}\.yaml:[0-9]+: .", error.what.en)
        assert re.match(rf"{name}\.yaml:[0-9]+: .", error.what.ko)
    else:
        assert policy.dataset == name
        assert policy.sha256


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_bytes_that_are_no_policy_are_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("bytes") / "p.yaml"
    path.write_bytes(data)
    with pytest.raises(PolicyError):
        load_policy(path)
