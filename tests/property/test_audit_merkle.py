"""Rules of the tree, over random trees: every honest proof verifies, no other one does."""

from hypothesis import given, settings
from hypothesis import strategies as st

from safezone.audit.merkle import consistency_proof, inclusion_proof, root
from safezone_verify.merkle import Frontier, leaf_hash, node_hash, verify_consistency, verify_inclusion

HASHES = [leaf_hash(str(number).encode()) for number in range(200)]


def build(size: int):
    frontier, nodes, roots = Frontier(), {}, [Frontier().root()]
    for leaf in HASHES[:size]:
        for level, index, value in frontier.append(leaf):
            nodes[level, index] = value
        roots.append(frontier.root())
    return (lambda level, index: nodes[level, index]), roots


NODES, ROOTS = build(200)


def recursive_root(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962 section 2.1, word by word."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(recursive_root(leaves[:split]), recursive_root(leaves[split:]))


@given(st.integers(1, 200))
@settings(max_examples=50, deadline=None)
def test_the_root_is_the_one_of_the_definition(size: int) -> None:
    assert ROOTS[size] == root(NODES, size) == recursive_root(HASHES[:size])


@given(st.integers(1, 200), st.data())
@settings(max_examples=200, deadline=None)
def test_inclusion(size: int, data: st.DataObject) -> None:
    seq = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(NODES, seq, size)
    assert len(proof) <= (size - 1).bit_length()
    assert verify_inclusion(HASHES[seq], seq, size, proof, ROOTS[size])
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != seq)) if size > 1 else 1
    assert not verify_inclusion(HASHES[other], seq, size, proof, ROOTS[size])
    assert not verify_inclusion(HASHES[seq], other, size, proof, ROOTS[size])
    assert not verify_inclusion(HASHES[seq], seq, size, [*proof, HASHES[0]], ROOTS[size])
    if proof:
        assert not verify_inclusion(HASHES[seq], seq, size, proof[:-1], ROOTS[size])
        at = data.draw(st.integers(0, len(proof) - 1))
        assert not verify_inclusion(HASHES[seq], seq, size, [*proof[:at], b"x" * 32, *proof[at + 1 :]], ROOTS[size])


@given(st.integers(1, 200), st.data())
@settings(max_examples=200, deadline=None)
def test_consistency(second: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, second))
    proof = consistency_proof(NODES, first, second)
    assert verify_consistency(first, second, ROOTS[first], ROOTS[second], proof)
    assert not verify_consistency(first, second, ROOTS[first - 1], ROOTS[second], proof)
    assert not verify_consistency(first, second, ROOTS[first], ROOTS[second - 1], proof)
    assert not verify_consistency(first, second, ROOTS[first], ROOTS[second], [*proof, HASHES[0]])
    if proof:
        assert not verify_consistency(first, second, ROOTS[first], ROOTS[second], proof[1:])


@given(st.integers(0, 199), st.integers(0, 40))
@settings(max_examples=50, deadline=None)
def test_a_tree_resumes_where_it_stopped(size: int, more: int) -> None:
    whole = Frontier()
    for leaf in HASHES[:size]:
        list(whole.append(leaf))
    resumed = whole.copy()
    for leaf in HASHES[size : size + more]:
        list(resumed.append(leaf))
    assert resumed.root() == ROOTS[min(200, size + more)]
    assert whole.root() == ROOTS[size]
