"""Settings come from the environment alone; the defaults are the embedded zone."""

from __future__ import annotations

from pathlib import Path

import pydantic
import pytest

from safezone.settings import Settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch, tmp_path):
    import os

    for name in list(os.environ):
        if name.startswith(("SAFEZONE_", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


def test_the_defaults_are_the_embedded_zone(tmp_path):
    settings = Settings()
    assert settings.home == Path(".safezone")
    assert settings.inbox == Path(".safezone/deliveries")
    assert settings.catalog == f"sqlite:///{Path('.safezone/catalog.db').absolute()}"
    assert settings.lake == Path(".safezone/lake")
    assert settings.passphrase_file == tmp_path / ".config/safezone/passphrase"
    assert settings.witness_dir == tmp_path / ".local/state/safezone/witness"
    assert (settings.policy_dir / "access" / "zone.cedarschema").exists()


def test_the_passphrase_and_the_witness_lie_outside_the_zone():
    settings = Settings()
    for path in (settings.passphrase_file, settings.witness_dir):
        assert not path.is_relative_to(settings.home.absolute())


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("home", "/zones/one", Path("/zones/one")),
        ("part_rows", "5000", 5_000),
        ("min_k", "11", 11),
        ("detect_processes", "2", 2),
        ("language", "en", "en"),
        ("catalog_url", "postgresql://db/zone", "postgresql://db/zone"),
        ("policies", "/zones/policies", Path("/zones/policies")),
    ],
)
def test_a_variable_sets_it(monkeypatch, name, text, value):
    monkeypatch.setenv(f"SAFEZONE_{name.upper()}", text)
    assert getattr(Settings(), name) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("part_rows", "10"),
        ("min_k", "1"),
        ("detect_processes", "0"),
        ("language", "fr"),
        ("parse_memory_mb", "1"),
        ("part_rows", "many"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(monkeypatch, name, text):
    monkeypatch.setenv(f"SAFEZONE_{name.upper()}", text)
    with pytest.raises(pydantic.ValidationError):
        Settings()


def test_the_token_is_never_shown(monkeypatch):
    monkeypatch.setenv("SAFEZONE_TOKEN", "szt_secret")
    settings = Settings()
    assert "szt_secret" not in f"{settings!r} {settings} {settings.model_dump()}"
    assert settings.token is not None and settings.token.get_secret_value() == "szt_secret"


def test_settings_do_not_change(monkeypatch):
    settings = Settings()
    with pytest.raises(pydantic.ValidationError):
        settings.home = Path("elsewhere")


def test_variables_nobody_knows_are_left_alone(monkeypatch):
    monkeypatch.setenv("SAFEZONE_NOBODY_KNOWS", "1")
    Settings()
