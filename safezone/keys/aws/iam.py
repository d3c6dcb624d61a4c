"""The table of duties as IAM policies for AWS KMS: one identity for each duty, one for the console.

A key's tags say its zone and its class (`safezone.keys.aws.names.class_of`), and the policies compare them:
``aws:ResourceTag/...`` of a key that exists, ``aws:RequestTag/...`` of one that is being made.

* Tags are given with the key and never after: TagResource is granted for keys that carry no tag of a zone, so nobody
  moves a key of another duty into a class of their own.
* A key gets its alias last. What makes a key (drawing its seed, describing it, naming it) and what clears away one
  that lost the race is granted only for keys without any alias (``Null`` on ``kms:ResourceAliases``).
* Who may make a key but not rotate it may give the alias of version 1 alone.
* ReEncrypt is two rights, *from* one key and *to* another, and AWS does not compare the two. Who may re-encrypt from
  a class they cannot open, to one they can, could open everything. So a duty that rewraps classes it cannot open is
  granted *to* only those; what it may open anyway it rewraps by Decrypt and Encrypt (`AwsKeys.rewrap`).
* Everybody may list aliases and describe keys: names, states, and the public half of signing keys. That is also
  how `KeyProvider.public_key` reads.
* Nobody may cancel a deletion, enable, retag, import into, replicate or grant a key, change its policy, or take the
  mark of a destroyed key away.

What a policy cannot say: CreateKey takes a key policy, and whoever makes a key could open it to others there. A service
control policy, or a zone in an account of its own, is for that. AWS may take some minutes until a tag or an alias
counts in a decision (developer guide, "ABAC for AWS KMS"): a key's first use may be refused for so long.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from safezone.errors import UsageError
from safezone.keys.aws import names as kms_names
from safezone.keys.bao.policy import rights

_ACCOUNT = re.compile(r"\d{12}")
_UNNAMED = {"Null": {"kms:ResourceAliases": "true"}}


@dataclass(frozen=True, slots=True)
class Estate:
    """Whose keys a policy is about.

    Attributes:
        region: the AWS region.
        account: the 12 digits of the account.
        prefix: what the aliases of the zone's keys begin with.
        partition: ``aws``, or ``aws-us-gov`` and the like.
    """

    region: str
    account: str
    prefix: str
    partition: str = "aws"

    def arn(self, resource: str) -> str:
        """The ARN of a key (``key/*``) or an alias."""
        return f"arn:{self.partition}:kms:{self.region}:{self.account}:{resource}"

    @property
    def keys(self) -> str:
        """Every key of the account and region."""
        return self.arn("key/*")


def policy(identity: str, estate: Estate) -> dict[str, Any]:
    """The IAM policy of one identity, to be put into its role (inline policies: 10,240 characters at most).

    Args:
        identity: a duty, or ``console``.
        estate: whose keys.

    Raises:
        UsageError: there is no such identity, or the account is not a number of 12 digits.
    """
    if not _ACCOUNT.fullmatch(estate.account):
        raise UsageError(
            "keys.account",
            ("That is not the number of an AWS account.", "AWS 계정 번호가 아닙니다."),
            ("It has 12 digits.", "12자리 숫자입니다."),
        )
    table = {operation: tuple(patterns) for operation, patterns in rights(identity).items()}
    statements = [
        _statement("Look", ["kms:ListAliases"], "*"),
        _statement("Describe", ["kms:DescribeKey"], estate.keys),
        *_uses(table, estate),
        *_making(table, estate),
        *_destroying(table, estate),
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _uses(table: dict[str, tuple[str, ...]], estate: Estate) -> builtins.list[dict[str, Any]]:
    wanted = {
        operation: _classes(table.get(operation, ())) for operation in ("wrap", "unwrap", "rewrap", "mac", "sign")
    }
    closed = [each for each in wanted["rewrap"] if each not in wanted["unwrap"]]
    rows = [
        ("Wrap", "kms:Encrypt", wanted["wrap"]),
        # A signature is made with a seed that the signing key opens.
        ("Open", "kms:Decrypt", sorted({*wanted["unwrap"], *wanted["sign"]})),
        ("RewrapFrom", "kms:ReEncryptFrom", closed or wanted["rewrap"]),
        ("RewrapTo", "kms:ReEncryptTo", closed or wanted["rewrap"]),
        ("Mac", "kms:GenerateMac", wanted["mac"]),
    ]
    return [
        _statement(sid, [action], estate.keys, _of(estate, classes)) for sid, action, classes in rows if classes
    ]


def _making(table: dict[str, tuple[str, ...]], estate: Estate) -> builtins.list[dict[str, Any]]:
    ensured, rotated = table.get("ensure", ()), table.get("rotate", ())
    classes = _classes((*ensured, *rotated)) + ([kms_names.MARKER] if table.get("destroy") else [])
    if not classes:
        return []
    sealed = [each for each in classes if each.startswith("sign/")]
    asked = {f"aws:RequestTag/{kms_names.CLASS_TAG}": classes}
    zone = {f"aws:RequestTag/{kms_names.ZONE_TAG}": estate.prefix}
    own = {"kms:KeyOrigin": "AWS_KMS"}  # nobody brings key material they know
    single = {"Bool": {"kms:MultiRegion": "false"}}
    untagged = {"Null": {f"aws:ResourceTag/{kms_names.ZONE_TAG}": "true"}}
    made = _of(estate, classes) | _UNNAMED
    aliases = [_alias(estate, pattern, "1") for pattern in ensured if pattern not in rotated]
    aliases += [_alias(estate, pattern, "*") for pattern in rotated]
    statements = [
        _statement("Make", ["kms:CreateKey"], "*", {"StringLike": asked, "StringEquals": zone | own} | single),
        _statement("Tag", ["kms:TagResource"], "*", {"StringEquals": zone} | untagged),
        _statement("Name", ["kms:CreateAlias", "kms:ScheduleKeyDeletion"], estate.keys, made),
        _statement("Names", ["kms:CreateAlias"], sorted(aliases)),
    ]
    if sealed:
        seal = _of(estate, sealed) | _UNNAMED
        statements.append(
            _statement("Seal", ["kms:GenerateDataKey", "kms:UpdateKeyDescription"], estate.keys, seal)
        )
    return statements


def _destroying(table: dict[str, tuple[str, ...]], estate: Estate) -> builtins.list[dict[str, Any]]:
    patterns = table.get("destroy", ())
    if not patterns:
        return []
    actions = ["kms:DisableKey", "kms:ScheduleKeyDeletion", "kms:DeleteAlias"]
    marks = [_alias(estate, pattern, "", f"{kms_names.GONE}/") for pattern in patterns]
    return [
        _statement("End", actions, estate.keys, _of(estate, _classes(patterns))),
        _statement("Unname", ["kms:DeleteAlias"], sorted(_alias(estate, pattern, "*") for pattern in patterns)),
        _statement("Mark", ["kms:CreateAlias"], estate.keys, _of(estate, [kms_names.MARKER])),
        _statement(
            "Marks",
            ["kms:CreateAlias"],
            sorted([*marks, estate.arn(f"alias/{estate.prefix}/{kms_names.MARKER}/*")]),
        ),
    ]


def _classes(patterns: Iterable[str]) -> builtins.list[str]:
    return sorted({kms_names.class_of(pattern) for pattern in patterns})


def _of(estate: Estate, classes: builtins.list[str]) -> dict[str, Any]:
    """The condition that a key is of this zone and of one of these classes."""
    return {
        "StringEquals": {f"aws:ResourceTag/{kms_names.ZONE_TAG}": estate.prefix},
        "StringLike": {f"aws:ResourceTag/{kms_names.CLASS_TAG}": classes},
    }


def _alias(estate: Estate, pattern: str, version: str, before: str = "") -> str:
    """The ARN of the aliases of a pattern's keys; ``*`` of a policy also spans ``/``."""
    class_ = kms_names.class_of(pattern)
    stem = class_ if class_.endswith("*") or "*" not in pattern else f"{class_}/*"
    tail = f"/{version}" if version else ""
    return estate.arn(f"alias/{estate.prefix}/{before}{stem}{tail}")


def _statement(
    sid: str,
    actions: builtins.list[str],
    resource: str | builtins.list[str],
    condition: dict[str, Any] | None = None,
) -> dict[str, Any]:
    action = actions[0] if len(actions) == 1 else actions
    statement: dict[str, Any] = {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})
