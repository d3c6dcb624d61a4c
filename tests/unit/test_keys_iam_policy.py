"""The IAM policies say what the table of duties says: every identity is tried against every key."""

import fnmatch
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safezone.errors import UsageError
from safezone.keys.aws import names as kms_names
from safezone.keys.aws.iam import Estate, policy
from safezone.keys.bao.policy import CONSOLE, IDENTITIES, rights
from safezone.keys.duties import may
from safezone.keys.naming import decode, kind_of
from safezone.model import Duty

ESTATE = Estate("ap-northeast-2", "123456789012", "office")
DOCUMENTS = {identity: policy(identity, ESTATE) for identity in IDENTITIES}
OPERATIONS = {
    "kek": ("ensure", "wrap", "unwrap", "rewrap", "rotate", "destroy"),
    "mac": ("ensure", "mac", "rotate", "destroy"),
    "sign": ("ensure", "sign", "rotate", "destroy"),
}
NAMES = (
    *(f"kek/ds/{place}/d1" for place in ("intake", "quarantine", "raw", "deidentified", "published", "release")),
    "kek/zone/backup/b1",
    "kek/ds/backup/b1",
    "kek/zone/raw/d1",
    "kek/published/raw/published",
    "kek/ds/raw",
    "kek/ds/raw/d1/more",
    "kek/" + "x" * 90 + "/raw/" + "가" * 40,
    "token/agency/KR_RRN",
    "token/a/b/c",
    "project/p1",
    "commit/declared",
    "commit/ocsf",
    "commit/" + "x" * 90,
    "project/" + "가" * 40,
    "other/thing",
    *(f"sign/{what}" for what in ("manifest", "package", "checkpoint", "certificate", "backup", "unheard-of")),
    "sign/manifest/more",
    "_marker/1",
    "_gone/x",
)

Request = tuple[str, str, dict[str, Any]]


def requests(operation: str, name: str) -> Iterator[Request]:
    """What `AwsKeys` asks AWS for: action, ARN and what the conditions may look at."""
    version = 2 if operation == "rotate" else 1
    class_, prefix, key = kms_names.class_of(name), ESTATE.prefix, ESTATE.arn("key/1234")
    made = {
        f"aws:RequestTag/{tag['TagKey']}": tag["TagValue"] for tag in kms_names.tags(prefix, class_, name, version)
    }
    tagged = {key.replace("Request", "Resource"): value for key, value in made.items()}
    alias = kms_names.version_alias(prefix, name, version)
    living = tagged | {"kms:ResourceAliases": [alias]}
    if operation in ("ensure", "rotate"):
        yield "kms:CreateKey", "*", made | {"kms:KeyOrigin": "AWS_KMS", "kms:MultiRegion": "false"}
        yield "kms:TagResource", key, made
        if kind_of(name) == "sign":
            yield "kms:GenerateDataKey", key, tagged
            yield "kms:UpdateKeyDescription", key, tagged
        yield "kms:CreateAlias", key, tagged
        yield "kms:CreateAlias", ESTATE.arn(alias), {}
        yield "kms:ScheduleKeyDeletion", key, tagged
    elif operation == "destroy":
        marker = {
            f"aws:RequestTag/{kms_names.ZONE_TAG}": prefix,
            f"aws:RequestTag/{kms_names.CLASS_TAG}": "_marker",
        }
        marked = {key.replace("Request", "Resource"): value for key, value in marker.items()}
        yield "kms:CreateKey", "*", marker | {"kms:KeyOrigin": "AWS_KMS", "kms:MultiRegion": "false"}
        yield "kms:CreateAlias", key, marked
        yield "kms:CreateAlias", ESTATE.arn(kms_names.marker_alias(prefix, 1)), {}
        yield "kms:CreateAlias", key, marked | {"kms:ResourceAliases": [kms_names.marker_alias(prefix, 1)]}
        yield "kms:CreateAlias", ESTATE.arn(kms_names.gone_alias(prefix, name)), {}
        for action in ("kms:DisableKey", "kms:ScheduleKeyDeletion", "kms:DeleteAlias"):
            yield action, key, living
        yield "kms:DeleteAlias", ESTATE.arn(alias), {}
    else:
        uses = {"wrap": "Encrypt", "unwrap": "Decrypt", "sign": "Decrypt", "mac": "GenerateMac"}
        for action in (uses[operation],) if operation in uses else ("ReEncryptFrom", "ReEncryptTo"):
            yield f"kms:{action}", key, living


def allowed(document: dict[str, Any], request: Request) -> bool:
    """As AWS decides (IAM user guide, "Policy evaluation logic"), for the few operators these policies use."""
    action, resource, context = request
    return any(
        action in _listed(statement["Action"])
        and any(_like(resource, pattern) for pattern in _listed(statement["Resource"]))
        and all(_holds(*condition, context) for condition in statement.get("Condition", {}).items())
        for statement in document["Statement"]
    )


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _like(text: str, pattern: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None


def _holds(operator: str, wanted: dict[str, Any], context: dict[str, Any]) -> bool:
    if operator == "Null":
        return all((key not in context) == (value == "true") for key, value in wanted.items())
    tests = {"StringEquals": str.__eq__, "StringLike": _like, "Bool": str.__eq__}
    return all(
        key in context and any(tests[operator](context[key], value) for value in _listed(values))
        for key, values in wanted.items()
    )


def can(identity: str, operation: str, name: str) -> bool:
    return all(allowed(DOCUMENTS[identity], request) for request in requests(operation, name))


def should(identity: str, operation: str, name: str) -> bool:
    if identity == CONSOLE:
        return any(
            may(duty, any_operation, name) or (name.startswith("sign/") and name.count("/") == 1)
            for duty in Duty
            for any_operation in rights(str(duty))
        )
    return may(Duty(identity), operation, name)


def check(identity: str, name: str) -> None:
    for operation in OPERATIONS[kind_of(name)]:
        wanted = should(identity, operation, name)
        if operation == "rewrap" and wanted and not can(identity, "rewrap", name):
            # Then it is opened and closed instead, which is as good where both are allowed anyway.
            assert can(identity, "unwrap", name), (identity, name)
            assert can(identity, "wrap", name), (identity, name)
        else:
            assert can(identity, operation, name) == wanted, (identity, operation, name)


@pytest.mark.parametrize("identity", IDENTITIES)
def test_every_identity_against_every_key(identity: str) -> None:
    for name in NAMES:
        check(identity, name)


segment = st.from_regex(r"[\w-][\w.:-]{0,8}", fullmatch=True) | st.sampled_from(
    ["kek", "sign", "token", "raw", "published", "backup", "zone", "release", "manifest", "_gone", "_marker", "1"]
)


@given(
    st.lists(segment, min_size=1, max_size=4),
    st.sampled_from(["kek", "sign", "token", "x", "_marker", "_gone"]),
    st.sampled_from(IDENTITIES),
)
def test_every_identity_against_any_name(rest: list[str], head: str, identity: str) -> None:
    check(identity, "/".join([head, *rest]))


@pytest.mark.parametrize("identity", IDENTITIES)
def test_no_identity_can_open_by_re_encrypting(identity: str) -> None:
    document = DOCUMENTS[identity]
    for source in (name for name in NAMES if kind_of(name) == "kek" and not can(identity, "unwrap", name)):
        for target in (name for name in NAMES if can(identity, "unwrap", name)):
            (from_, _), (_, to) = requests("rewrap", source), requests("rewrap", target)
            assert not (allowed(document, from_) and allowed(document, to)), (source, target)


@pytest.mark.parametrize("identity", IDENTITIES)
def test_no_identity_can_take_over_a_key(identity: str) -> None:
    document = DOCUMENTS[identity]
    tagged = {
        f"aws:ResourceTag/{kms_names.ZONE_TAG}": "office",
        f"aws:ResourceTag/{kms_names.CLASS_TAG}": "kek/raw",
    }
    living = tagged | {"kms:ResourceAliases": ["alias/office/kek/raw/ds/d1/1"]}
    key = ESTATE.arn("key/1234")
    retag = {f"aws:RequestTag/{kms_names.ZONE_TAG}": "office", f"aws:RequestTag/{kms_names.CLASS_TAG}": "kek/raw"}
    for action in ("TagResource", "UntagResource"):
        assert not allowed(document, (f"kms:{action}", key, living | retag))
    for action in ("CreateAlias", "UpdateKeyDescription", "GenerateDataKey", "UpdateAlias"):
        assert not allowed(document, (f"kms:{action}", key, living))
    for action in (
        "CancelKeyDeletion",
        "EnableKey",
        "PutKeyPolicy",
        "CreateGrant",
        "ImportKeyMaterial",
        "ReplicateKey",
        "GetParametersForImport",
    ):
        assert not allowed(document, (f"kms:{action}", key, living))
    assert not allowed(document, ("kms:DeleteAlias", ESTATE.arn("alias/office/_gone/kek/raw/ds/d1"), {}))
    made = retag | {"kms:KeyOrigin": "EXTERNAL", "kms:MultiRegion": "false"}
    assert not allowed(document, ("kms:CreateKey", "*", made))
    assert not allowed(
        document, ("kms:CreateKey", "*", made | {"kms:KeyOrigin": "AWS_KMS", "kms:MultiRegion": "true"})
    )


@pytest.mark.parametrize("identity", IDENTITIES)
def test_another_zone_of_the_account_is_out_of_reach(identity: str) -> None:
    other = policy(identity, Estate(ESTATE.region, ESTATE.account, "elsewhere"))
    for name in NAMES:
        for operation in OPERATIONS[kind_of(name)]:
            assert not all(allowed(other, request) for request in requests(operation, name))


def test_documents_have_the_shape_aws_takes() -> None:
    longest = Estate(ESTATE.region, ESTATE.account, "p" * 32)
    for identity in IDENTITIES:
        document = policy(identity, longest)
        sids = [statement["Sid"] for statement in document["Statement"]]
        assert len(set(sids)) == len(sids)
        assert all(re.fullmatch("[A-Za-z0-9]+", sid) for sid in sids)
        assert all(statement["Effect"] == "Allow" for statement in document["Statement"])
        size = len(json.dumps(document, separators=(",", ":")))
        assert size <= 10_240, (identity, size)


def test_an_account_has_12_digits() -> None:
    with pytest.raises(UsageError):
        policy("ingest", Estate("ap-northeast-2", "1234", "office"))
    with pytest.raises(UsageError):
        policy("nobody", ESTATE)


@given(st.lists(segment, min_size=1, max_size=6), segment)
def test_aliases_fit_and_are_nobody_elses(rest: list[str], head: str) -> None:
    name = "/".join([head, *rest])
    alias = kms_names.version_alias("p" * 32, name, 9_999_999)
    mark = kms_names.gone_alias("p" * 32, name)
    for each in (alias, mark):
        assert re.fullmatch("[a-zA-Z0-9/_-]{1,256}", each)
    path = kms_names.path_of(name)
    assert kms_names.is_long(path) or decode(path, "/") == name
    assert not path.startswith(("_gone/", "_marker/"))
    assert not fnmatch.fnmatchcase(kms_names.class_of(name), "*[!a-zA-Z0-9_/]*")
