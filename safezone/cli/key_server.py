"""`keys server-policy`: what the administrator of a key server (OpenBao, AWS KMS) has to give each duty."""

from __future__ import annotations

from typing import Annotated

import typer

from safezone.cli import say
from safezone.cli.say import Json, t


def register(group: typer.Typer) -> None:
    """Add the command to the group `keys`."""
    group.command(
        "server-policy",
        help=t(
            "키 서버에서 임무별 신원에 줄 정책(OpenBao는 HCL, AWS는 JSON). setup이면 OpenBao 준비 명령을 출력",
            "The policy of a duty's identity at the key server (HCL for OpenBao, JSON for AWS); setup prints how to "
            "prepare an OpenBao server",
        ),
    )(_server_policy)


def _server_policy(
    identity: Annotated[
        str,
        typer.Argument(
            metavar="DUTY",
            help=t(
                "portal, ingest, release, log, backup, console 또는 setup",
                "portal, ingest, release, log, backup, console, or setup",
            ),
        ),
    ],
    prefix: Annotated[
        str | None,
        typer.Option(
            help=t(
                "마운트 경로의 앞부분(기본값: SAFEZONE_KEYS_URL의 경로)",
                "What the mounts begin with (default: the path in SAFEZONE_KEYS_URL)",
            )
        ),
    ] = None,
    aws_account: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER",
            help=t(
                "AWS 계정 번호: SAFEZONE_KEYS_URL(awskms://...)의 키에 대한 IAM 정책을 출력",
                "Number of the AWS account: print the IAM policy for the keys at SAFEZONE_KEYS_URL (awskms://...)",
            ),
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Print a policy; it holds no secret, and nothing is asked of the server."""
    import sys

    from safezone.keys.bao import policy as policies

    if aws_account is not None:
        _iam_policy(identity, aws_account, as_json=as_json)
        return
    where = policies.checked(_configured() or policies.PREFIX) if prefix is None else policies.checked(prefix)
    text = policies.setup(where) if identity == "setup" else policies.policy(identity, where)
    if not as_json:
        sys.stdout.write(text)  # for a file or `bao policy write`: as it is, without folding lines
        return
    shown = {
        "id": identity,
        "state": "CURRENT",
        "prefix": where,
        "mounts": policies.mounts(where),
    }
    if identity == "setup":
        say.emit(shown | {"commands": text.splitlines()})
    else:
        rights = {operation: list(patterns) for operation, patterns in policies.rights(identity).items()}
        say.emit(shown | {"role": policies.role_of(identity, where), "policy": text, "rights": rights})


def _iam_policy(identity: str, account: str, *, as_json: bool) -> None:
    from safezone.keys.aws import iam
    from safezone.keys.aws.client import parse
    from safezone.settings import Settings

    address = parse(Settings().keys_url)
    made = iam.policy(identity, iam.Estate(address.region, account, address.prefix))
    say.emit({"id": identity, "state": "CURRENT", "prefix": address.prefix, "policy": made} if as_json else made)


def _configured() -> str | None:
    """The prefix this zone uses, when it keeps its keys at such a server."""
    from safezone.keys.bao.client import Address
    from safezone.settings import Settings

    url = Settings().keys_url
    return Address.parse(url).prefix if url.startswith(("openbao+", "vault+")) else None
