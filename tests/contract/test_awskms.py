"""What is special to keys at AWS KMS: races, outages, refusals, pages, and what is left when a step fails."""

import builtins
import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from safezone.errors import Denied, IntegrityFailure, NotFound, Unavailable, UsageError, WrongState
from safezone.keys.aws.iam import Estate, policy
from safezone.keys.aws.provider import AwsKeys
from safezone.keys.open import open_provider
from safezone.keys.retry import Patience
from safezone.model import WrappedKey
from tests.fixtures import kms_server
from tests.fixtures.kms_server import REGION, Front, address, ask_moto, credentials, front, server

KEK = "kek/ds/raw/d1"
SIGN = "sign/manifest"
TOKEN = "token/agency/KR_RRN"
DATA_KEY = bytes(range(32))
LONG = "kek/" + "주" * 60 + "/raw/" + "배" * 60


class Clock:
    """Time passes only while somebody waits between two attempts: nobody has to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., AwsKeys]:
    """Opens providers; a second one with the same prefix is another process of the same zone."""
    clock = Clock()

    def make(endpoint: str = "", prefix: str = "", timeout: float = 10, **who: str) -> AwsKeys:
        patience = Patience(seconds=3, clock=clock, sleep=clock.pass_by)
        return AwsKeys.from_url(
            address(endpoint or server(), prefix, timeout), credentials(tmp_path, **who), patience
        )

    return make


@pytest.fixture(autouse=True)
def _empty() -> None:
    """No keys of other tests to wade through."""
    ask_moto("reset")


@pytest.fixture
def before() -> Iterator[Front]:
    with front() as standing:
        yield standing


@pytest.fixture(scope="module")
def raw() -> Any:
    """The server as an administrator of the account sees it."""
    return boto3.client(
        "kms", region_name=REGION, endpoint_url=server(), aws_access_key_id="a", aws_secret_access_key="b"
    )


def keys_of(raw: Any, prefix: str) -> list[dict[str, Any]]:
    """All KMS keys of a zone, with or without alias, by their tags."""
    found = []
    for entry in raw.list_keys()["Keys"]:
        tags = {tag["TagKey"]: tag["TagValue"] for tag in raw.list_resource_tags(KeyId=entry["KeyId"])["Tags"]}
        if tags.get("safezone-zone") == prefix:
            found.append(raw.describe_key(KeyId=entry["KeyId"])["KeyMetadata"] | {"tags": tags})
    return found


def test_an_address_opens_it(tmp_path: Path) -> None:
    url = address(server(), "office")
    provider = open_provider(url, keystore=tmp_path / "none", passphrase=bytes, credentials=credentials(tmp_path))
    assert provider.ensure("project/p1") == 1


@pytest.mark.parametrize(
    "url",
    [
        "awskms://",
        "awskms://ap-northeast-2",
        "awskms://ap-northeast-2/",
        "awskms://ap-northeast-2/aws",
        "awskms://ap-northeast-2/a/b",
        "awskms://ap-northeast-2/a_b",
        "awskms://key:secret@ap-northeast-2/zone",
        "awskms://nowhere/zone",
        "awskms://ap-northeast-2/zone?endpoint=http://kms.example",
        "awskms://ap-northeast-2/zone?endpoint=http://127.0.0.1.example",
        "awskms://ap-northeast-2/zone?endpoint=https://user:secret@kms.example",
        "awskms://ap-northeast-2/zone?endpoint=ftp://127.0.0.1",
        "awskms://ap-northeast-2/zone?timeout=0",
        "awskms://ap-northeast-2/zone?timeout=never",
        "awskms://ap-northeast-2/zone?verify=no",
        "awskms://ap-northeast-2/zone#x",
    ],
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(UsageError) as failure:
        AwsKeys.from_url(url)
    assert "secret" not in str(failure.value)


# Names


def test_long_names_and_hangul_come_back(opened: Callable[..., AwsKeys]) -> None:
    provider = opened()
    names = [LONG, "kek/주민등록/raw/수령_1", "token/행정안전부/KR_RRN", "project/a.b:c-d"]
    for name in names:
        assert provider.ensure(name) == 1
    assert [key.name for key in provider.list()] == sorted(names)
    wrapped = provider.wrap(LONG, DATA_KEY, b"x")
    assert provider.unwrap(wrapped, b"x") == DATA_KEY
    provider.destroy(LONG)
    assert [name for name, _ in provider.destroyed()] == [LONG]
    with pytest.raises(WrongState):
        provider.ensure(LONG)


def test_zones_of_one_account_do_not_meet(opened: Callable[..., AwsKeys]) -> None:
    one, other = opened(prefix="one"), opened(prefix="other")
    one.ensure(KEK)
    other.ensure(KEK)
    with pytest.raises(IntegrityFailure):
        other.unwrap(one.wrap(KEK, DATA_KEY, b""), b"")
    one.destroy(KEK)
    assert [key.name for key in other.list()] == [KEK]


# Signing and MACs


def test_messages_longer_than_kms_takes_are_signed_whole(opened: Callable[..., AwsKeys]) -> None:
    provider = opened()
    provider.ensure(SIGN)
    manifest = b"part " * 100_000
    public = Ed25519PublicKey.from_public_bytes(provider.public_key(SIGN))
    public.verify(provider.sign(SIGN, manifest), manifest)
    public.verify(provider.sign(SIGN, b""), b"")


def test_a_public_key_put_in_place_of_another_is_found(opened: Callable[..., AwsKeys], raw: Any) -> None:
    provider = opened(prefix="swap")
    provider.ensure(SIGN)
    provider.ensure("sign/package")
    told = json.loads(raw.describe_key(KeyId="alias/swap/sign/manifest/1")["KeyMetadata"]["Description"])
    other = json.loads(raw.describe_key(KeyId="alias/swap/sign/package/1")["KeyMetadata"]["Description"])
    key_id = raw.describe_key(KeyId="alias/swap/sign/manifest/1")["KeyMetadata"]["KeyId"]
    for changed in (
        told | {"public": other["public"]},
        told | {"seed": other["seed"]},
        told | {"version": 2},
        told | {"seed": "?"},
        {"key": SIGN},
        [],
    ):
        raw.update_key_description(KeyId=key_id, Description=json.dumps(changed))
        with pytest.raises(IntegrityFailure):
            opened(prefix="swap").sign(SIGN, b"x")


def test_the_seed_is_nowhere_in_the_clear(opened: Callable[..., AwsKeys], raw: Any) -> None:
    provider = opened(prefix="sealed")
    provider.ensure(SIGN)
    metadata = raw.describe_key(KeyId="alias/sealed/sign/manifest/1")["KeyMetadata"]
    context = {"safezone-zone": "sealed", "safezone-key": SIGN, "safezone-version": "1", "safezone-use": "seed"}
    told = json.loads(metadata["Description"])
    sealed = kms_server.unbase64(told["seed"])
    seed = raw.decrypt(CiphertextBlob=sealed, EncryptionContext=context)["Plaintext"]
    assert seed not in sealed
    assert seed.hex() not in metadata["Description"]
    with pytest.raises(raw.exceptions.InvalidCiphertextException):
        raw.decrypt(CiphertextBlob=sealed, EncryptionContext=context | {"safezone-use": "wrap:"})


def test_macs_of_messages_longer_than_kms_takes(opened: Callable[..., AwsKeys]) -> None:
    provider = opened()
    provider.ensure(TOKEN)
    messages = [b"", b"x", b"x" * 4096, b"x" * 4097, b"x" * 4098]
    macs = [provider.mac(TOKEN, message) for message in messages]
    assert len(set(macs)) == len(messages)
    assert provider.mac(TOKEN, messages[3]) == macs[3]


# Two at once


def test_two_who_make_a_key_at_once_get_one_key(opened: Callable[..., AwsKeys], raw: Any) -> None:
    providers = [opened(prefix="race") for _ in range(4)]
    barrier = threading.Barrier(len(providers))

    def make(provider: AwsKeys) -> tuple[int, bytes]:
        barrier.wait()
        return provider.ensure(SIGN), provider.public_key(SIGN)

    with ThreadPoolExecutor(len(providers)) as pool:
        made = set(pool.map(make, providers))
    assert len(made) == 1
    living = [key for key in keys_of(raw, "race") if key["KeyState"] == "Enabled"]
    assert len(living) == 1  # what lost is on its way out


def test_the_loser_of_a_race_clears_its_key_away(opened: Callable[..., AwsKeys], before: Front, raw: Any) -> None:
    late, early = opened(before.url, "lost"), opened(prefix="lost")
    # The early one comes between the late one's look and its alias.
    before.hooks["CreateKey"] = lambda: early.ensure(KEK)
    assert late.ensure(KEK) == 1
    assert late.unwrap(early.wrap(KEK, DATA_KEY, b""), b"") == DATA_KEY
    assert sorted(key["KeyState"] for key in keys_of(raw, "lost")) == ["Enabled", "PendingDeletion"]


def test_two_who_rotate_at_once_get_the_same_version(opened: Callable[..., AwsKeys], before: Front) -> None:
    late, early = opened(before.url, "turn"), opened(prefix="turn")
    early.ensure(KEK)
    before.hooks["CreateKey"] = lambda: early.rotate(KEK)
    assert late.rotate(KEK) == 2
    (key,) = late.list()
    assert key.versions == (1, 2)


def test_a_version_added_while_the_key_is_destroyed_does_not_live(
    opened: Callable[..., AwsKeys], before: Front, raw: Any
) -> None:
    late, early = opened(before.url, "dying"), opened(prefix="dying")
    early.ensure(KEK)
    before.hooks["CreateAlias"] = lambda: early.destroy(KEK)
    with pytest.raises(WrongState):
        late.rotate(KEK)
    states = {key["KeyState"] for key in keys_of(raw, "dying") if key["tags"]["safezone-class"] == "kek/raw"}
    assert states == {"PendingDeletion"}


def test_what_another_process_did_is_seen(opened: Callable[..., AwsKeys]) -> None:
    one, other = opened(prefix="both"), opened(prefix="both")
    one.ensure(KEK)
    other.ensure(KEK)
    other.rotate(KEK)
    assert one.unwrap(other.wrap(KEK, DATA_KEY, b""), b"") == DATA_KEY


def test_what_is_known_is_not_asked_again(opened: Callable[..., AwsKeys], before: Front) -> None:
    provider = opened(before.url)
    provider.ensure(TOKEN)
    before.calls.clear()
    for _ in range(5):
        provider.mac(TOKEN, b"x")
    assert before.calls == ["GenerateMac"] * 5


# Pages


def test_more_aliases_than_one_page(opened: Callable[..., AwsKeys], before: Front, raw: Any) -> None:
    provider = opened(before.url, "many")
    provider.ensure(KEK)
    key_id = raw.describe_key(KeyId="alias/many/kek/raw/ds/d1/1")["KeyMetadata"]["KeyId"]
    for number in range(130):
        raw.create_alias(AliasName=f"alias/many/project/p{number:03}/1", TargetKeyId=key_id)
    before.calls.clear()
    assert len(provider.list()) == 131
    assert before.calls.count("ListAliases") >= 2


def test_more_destroyed_keys_than_one_key_can_carry_marks_for(opened: Callable[..., AwsKeys], raw: Any) -> None:
    provider = opened(prefix="graves")
    provider.ensure("project/first")
    provider.destroy("project/first")
    marker = raw.describe_key(KeyId="alias/graves/_marker/1")["KeyMetadata"]["KeyId"]
    for number in range(40):
        raw.create_alias(AliasName=f"alias/graves/_gone/project/p{number}", TargetKeyId=marker)
    provider.ensure("project/last")
    provider.destroy("project/last")
    assert len(provider.destroyed()) == 42
    (mark,) = raw.list_aliases(KeyId=marker_of(raw, "alias/graves/_marker/2"))["Aliases"][1:]
    assert mark["AliasName"] == "alias/graves/_gone/project/last"


def marker_of(raw: Any, alias: str) -> str:
    return str(raw.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"])


# Destruction


def test_destroying_covers_every_version_and_leaves_a_mark(opened: Callable[..., AwsKeys], raw: Any) -> None:
    provider = opened(prefix="end")
    provider.ensure(KEK)
    provider.rotate(KEK)
    wrapped = provider.wrap(KEK, DATA_KEY, b"")
    provider.destroy(KEK)
    states = {key["tags"]["safezone-version"]: key for key in keys_of(raw, "end")}
    assert [states[number]["KeyState"] for number in ("1", "2")] == ["PendingDeletion"] * 2
    left = [
        entry["AliasName"] for entry in raw.list_aliases()["Aliases"] if entry["AliasName"].startswith("alias/end/")
    ]
    assert sorted(left) == ["alias/end/_gone/kek/raw/ds/d1", "alias/end/_marker/1"]
    later = opened(prefix="end")
    with pytest.raises(NotFound):
        later.unwrap(wrapped, b"")
    with pytest.raises(NotFound):
        later.rewrap(wrapped, b"")
    with pytest.raises(WrongState):
        later.ensure(KEK)


@pytest.mark.parametrize("step", ["DisableKey", "ScheduleKeyDeletion", "DeleteAlias"])
def test_an_interrupted_destruction_holds_and_is_finished(
    opened: Callable[..., AwsKeys], before: Front, raw: Any, step: str
) -> None:
    prefix = f"half-{step.lower()}"
    provider = opened(before.url, prefix)
    provider.ensure(KEK)
    provider.rotate(KEK)
    wrapped = provider.wrap(KEK, DATA_KEY, b"")
    before.plan[step] = [None, *[(503, "ServiceUnavailable")] * 50]
    with pytest.raises(Unavailable) as failure:
        provider.destroy(KEK)
    assert failure.value.code == "keys.unfinished"
    for each in (provider, opened(prefix=prefix)):
        with pytest.raises(NotFound):
            each.unwrap(wrapped, b"")
        assert each.list() == []
        assert [name for name, _ in each.destroyed()] == [KEK]
        with pytest.raises(WrongState):
            each.ensure(KEK)
    before.plan.clear()
    provider.destroy(KEK)
    kept = [key for key in keys_of(raw, prefix) if key["tags"]["safezone-class"] != "_marker"]
    assert [key["KeyState"] for key in kept] == ["PendingDeletion"] * 2


@pytest.mark.parametrize("code", ["DisabledException", "KMSInvalidStateException", "NotFoundException"])
def test_a_key_aws_no_longer_serves_is_unknown(opened: Callable[..., AwsKeys], before: Front, code: str) -> None:
    # What AWS answers for keys disabled or awaiting deletion; moto goes on serving them.
    provider = opened(before.url)
    provider.ensure(KEK)
    wrapped = provider.wrap(KEK, DATA_KEY, b"")
    before.plan["Decrypt"] = [(400, code)]
    with pytest.raises(NotFound):
        provider.unwrap(wrapped, b"")


# Failures


@pytest.mark.parametrize("step", ["CreateKey", "GenerateDataKey", "UpdateKeyDescription", "CreateAlias"])
@pytest.mark.parametrize(
    "answer", [(400, "AccessDeniedException"), (400, "LimitExceededException"), (500, "KMSInternalException")]
)
def test_nothing_is_half_made(
    opened: Callable[..., AwsKeys], before: Front, raw: Any, step: str, answer: tuple[int, str]
) -> None:
    prefix = f"half-{step.lower()}{len(answer[1])}"
    provider = opened(before.url, prefix)
    before.plan[step] = [answer] * 50
    with pytest.raises(Unavailable if answer[0] == 500 else Denied):
        provider.ensure(SIGN)
    assert provider.list() == []
    if answer[0] != 500:
        assert {key["KeyState"] for key in keys_of(raw, prefix)} <= {"PendingDeletion"}
    before.plan.clear()
    assert provider.ensure(SIGN) == 1
    provider.sign(SIGN, b"x")


def test_an_alias_whose_answer_was_lost_keeps_its_key(
    opened: Callable[..., AwsKeys], before: Front, raw: Any
) -> None:
    provider = opened(before.url, "echo")
    before.plan["CreateAlias"] = ["lost"]
    assert provider.ensure(KEK) == 1
    (key,) = keys_of(raw, "echo")
    assert key["KeyState"] == "Enabled"
    before.plan["CreateAlias"] = ["lost"] * 50
    with pytest.raises(Unavailable):
        provider.rotate(KEK)
    before.plan.clear()
    assert [key["KeyState"] for key in keys_of(raw, "echo")] == ["Enabled", "Enabled"]
    assert provider.ensure(KEK) == 2


def test_a_key_that_aws_does_not_know_yet_is_waited_for(opened: Callable[..., AwsKeys], before: Front) -> None:
    provider = opened(before.url)
    before.plan["GenerateDataKey"] = [(400, "NotFoundException")]
    before.plan["UpdateKeyDescription"] = [(400, "AccessDeniedException")]  # its tags do not count yet
    before.plan["CreateAlias"] = [(400, "NotFoundException"), (400, "AccessDeniedException")]
    assert provider.ensure(SIGN) == 1


def test_throttling_is_waited_out_within_bounds(opened: Callable[..., AwsKeys], before: Front) -> None:
    provider = opened(before.url)
    provider.ensure(TOKEN)
    before.plan["GenerateMac"] = [(400, "ThrottlingException")] * 2
    assert len(provider.mac(TOKEN, b"x")) == 32
    before.calls.clear()
    before.plan["GenerateMac"] = [(400, "ThrottlingException")] * 50
    with pytest.raises(Unavailable):
        provider.mac(TOKEN, b"x")
    assert 2 <= len(before.calls) < 20


def uses(provider: AwsKeys) -> list[Callable[[], object]]:
    return [
        lambda: provider.ensure(KEK),
        lambda: provider.wrap(KEK, DATA_KEY, b""),
        lambda: provider.unwrap(WrappedKey(KEK, 1, b"x"), b""),
        lambda: provider.mac(TOKEN, b""),
        lambda: provider.sign(SIGN, b""),
        lambda: provider.rotate(KEK),
        lambda: provider.destroy(KEK),
        provider.list,
        provider.destroyed,
    ]


def test_a_server_that_is_down(opened: Callable[..., AwsKeys]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        provider = opened(f"http://127.0.0.1:{unused.getsockname()[1]}")
        for use in uses(provider)[:3]:
            with pytest.raises(Unavailable) as failure:
                use()
            assert failure.value.code == "keys.unavailable"


def test_a_server_that_never_answers(opened: Callable[..., AwsKeys]) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        provider = opened(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.1)
        with pytest.raises(Unavailable):
            provider.mac(TOKEN, b"x")


@pytest.mark.parametrize("body", [b"", b"<html>proxy</html>", b"\xff\xfe", b"[]", b"{}"])
def test_answers_that_make_no_sense(opened: Callable[..., AwsKeys], before: Front, body: bytes) -> None:
    for operation in ("DescribeKey", "ListAliases", "GenerateMac"):
        before.plan[operation] = [body] * 50
    provider = opened(before.url)
    for use in (lambda: provider.ensure(KEK), provider.list):
        with pytest.raises(Unavailable):
            use()


def test_a_refused_identity(opened: Callable[..., AwsKeys], before: Front) -> None:
    provider = opened(before.url)
    for operation in ("DescribeKey", "ListAliases"):
        before.plan[operation] = [(400, "AccessDeniedException")] * 20
    for use in uses(provider):
        with pytest.raises(Denied) as failure:
            use()
        assert "not authorized" not in str(failure.value)


def test_credentials_aws_does_not_know(opened: Callable[..., AwsKeys], enforced: None) -> None:
    with pytest.raises(Denied):
        opened(key="AKIAUNKNOWN").ensure(KEK)


@pytest.fixture
def enforced() -> Iterator[None]:
    """The server checks identities and their policies' actions, from the next call on."""
    ask_moto("reset-auth", "0")
    yield
    ask_moto("reset-auth", "inf")


def test_a_policy_is_enforced_as_far_as_the_server_can(opened: Callable[..., AwsKeys]) -> None:
    # moto takes every KMS resource for "*" and reads no conditions: here are the actions alone, the whole policies
    # are held against the table of duties in tests/unit.
    iam = boto3.client(
        "iam", region_name=REGION, endpoint_url=server(), aws_access_key_id="a", aws_secret_access_key="b"
    )
    estate = Estate(REGION, "123456789012", "duty")
    who = {}
    for identity in ("portal", "ingest"):
        iam.create_user(UserName=identity)
        statements = policy(identity, estate)["Statement"]
        actions = [{"Effect": each["Effect"], "Action": each["Action"], "Resource": "*"} for each in statements]
        document = json.dumps({"Version": "2012-10-17", "Statement": actions})
        iam.put_user_policy(UserName=identity, PolicyName="zone", PolicyDocument=document)
        key = iam.create_access_key(UserName=identity)["AccessKey"]
        who[identity] = {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
    try:
        ask_moto("reset-auth", "0")
        ingest = opened(prefix="duty", **who["ingest"])
        ingest.ensure(SIGN)
        ingest.ensure(KEK)
        ingest.rotate(KEK)
        wrapped = ingest.wrap(KEK, DATA_KEY, b"")
        assert ingest.unwrap(ingest.rewrap(wrapped, b""), b"") == DATA_KEY
        portal = opened(prefix="duty", **who["portal"])
        assert portal.public_key(SIGN) == ingest.public_key(SIGN)
        for use in (
            lambda: portal.wrap(KEK, DATA_KEY, b""),
            lambda: portal.unwrap(wrapped, b""),
            lambda: portal.rewrap(wrapped, b""),
            lambda: portal.sign(SIGN, b""),
            lambda: portal.rotate(KEK),
            lambda: portal.ensure("kek/ds/raw/d2"),
            lambda: portal.destroy(KEK),
        ):
            with pytest.raises(Denied):
                use()
        ingest.destroy(KEK)
    finally:
        ask_moto("reset-auth", "inf")


def test_without_the_right_to_reencrypt_it_is_opened_and_closed(
    opened: Callable[..., AwsKeys], before: Front
) -> None:
    provider = opened(before.url)
    provider.ensure(KEK)
    old = provider.wrap(KEK, DATA_KEY, b"here")
    provider.rotate(KEK)
    before.plan["ReEncrypt"] = [(400, "AccessDeniedException")]
    new = provider.rewrap(old, b"here")
    assert new.version == 2
    assert provider.unwrap(new, b"here") == DATA_KEY


# Secrets


def test_no_secret_in_logs_errors_or_addresses(
    opened: Callable[..., AwsKeys], before: Front, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        provider = opened(before.url)
        provider.ensure(KEK)
        wrapped = provider.wrap(KEK, DATA_KEY, b"")
        provider.unwrap(wrapped, b"")
        before.plan["Encrypt"] = [(400, "AccessDeniedException")]
        with pytest.raises(Denied) as failure:
            provider.wrap(KEK, DATA_KEY, b"")
    said = caplog.text + str(failure.value) + repr(failure.value)
    for secret in (DATA_KEY.hex(), kms_server.base64_of(DATA_KEY), repr(DATA_KEY), "not a secret of anybody"):
        assert secret not in said
    assert failure.value.__suppress_context__ or failure.value.__context__ is None


def test_the_environment_sends_keys_nowhere_else(
    opened: Callable[..., AwsKeys], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_KMS", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert opened().ensure(TOKEN) == 1


def test_no_credentials_anywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(Denied) as failure:
        AwsKeys.from_url(address(server())).ensure(KEK)
    assert failure.value.code == "keys.credentials"


def test_a_credentials_file_others_may_read(tmp_path: Path) -> None:
    path = credentials(tmp_path)
    path.chmod(0o640)
    with pytest.raises(Denied):
        AwsKeys.from_url(address("https://kms.example"), path)
    path.chmod(0o600)
    for text in ("", "[default]\n", "nonsense", "[a]\nx=1\n[b]\nx=1\n"):
        path.write_text(text)
        with pytest.raises(UsageError):
            AwsKeys.from_url(address("https://kms.example"), path)


def test_without_boto3(monkeypatch: pytest.MonkeyPatch) -> None:
    there = builtins.__import__

    def none(name: str, *rest: Any) -> Any:
        if name.startswith("botocore"):
            raise ImportError(name)
        return there(name, *rest)

    monkeypatch.setattr(builtins, "__import__", none)
    with pytest.raises(Unavailable, match="aws"):
        AwsKeys.from_url(address("https://kms.example"))
