"""Which key provider a zone uses: said by ``SAFEZONE_KEYS_URL``, one scheme for each adapter.

==============================================  ==================================================================
``""`` (default)                                the keystore file below the zone's folder
``pkcs11:token=NAME?module-path=/lib/x.so``     a hardware module through PKCS#11 (RFC 7512); its PIN in the file
``openbao+https://HOST:8200/PREFIX?ca=x.pem``   OpenBao or Vault Transit; an AppRole or a token in the file
``awskms://REGION/PREFIX?endpoint=https://...`` AWS KMS; credentials by boto3's own chain, or a profile in the file
==============================================  ==================================================================

*The file* is ``SAFEZONE_KEYS_CREDENTIALS``, outside the zone's folder and readable by its owner alone: each duty has
its own, and a process that acts as several takes them from a folder. No address ever carries a secret. A server adapter's own docstring lists what else its address may say (the
seconds to wait for an answer, for one).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from safezone.errors import UsageError
from safezone.keys.credentials import file_of, require_outside
from safezone.keys.keystore import Keystore
from safezone.ports import KeyProvider


def open_provider(
    url: str,
    *,
    keystore: Path,
    passphrase: Callable[[], bytes],
    credentials: Path | None = None,
    home: Path | None = None,
    who: str = "console",
) -> KeyProvider:
    """Open the provider that an address names. Its library is imported only here and then.

    Args:
        url: the address, see above.
        keystore: the keystore file of the embedded default.
        passphrase: reads its passphrase.
        credentials: the file with this duty's secret at the key server, or a folder with one file for each duty.
        home: the zone's folder, in which that file must not lie.
        who: the duty, by whose name its file is found in the folder; ``console`` for the person at the machine.

    Raises:
        UsageError: the address names no provider, or is not formed as it should be; the credentials lie in the zone.
        Unavailable: the provider does not answer, or its library is not installed. Some servers are first asked when
            a key is first used, and fail then.
        Denied: the credentials are refused, or others may read their file.
    """
    scheme = url.partition(":")[0].lower()
    if not url:
        return Keystore(keystore, passphrase())
    if credentials is not None and home is not None:
        require_outside(credentials, home)
    credentials = file_of(credentials, who)
    if scheme == "pkcs11":
        from safezone.keys.hsm.provider import Pkcs11Keys

        return Pkcs11Keys.from_url(url, credentials)
    if scheme in {"openbao+https", "vault+https"}:
        from safezone.keys.bao.provider import OpenBaoKeys

        return OpenBaoKeys.from_url(url, credentials)
    if scheme == "awskms":
        from safezone.keys.aws.provider import AwsKeys

        return AwsKeys.from_url(url, credentials)
    raise UsageError(
        "keys.url",
        (
            f"No key provider has addresses that begin with {scheme}:.",
            f"{scheme}: 주소를 쓰는 키 제공자가 없습니다.",
        ),
        (
            "Set SAFEZONE_KEYS_URL to pkcs11:..., openbao+https://... or awskms://..., or leave it empty.",
            "SAFEZONE_KEYS_URL을 pkcs11:..., openbao+https://..., awskms://... 중 하나로 지정하거나 비워 두세요.",
        ),
    )
