"""A DuckDB connection of the engine sees what is registered with it, and nothing else."""

import duckdb
import pyarrow as pa
import pytest

from pseudonymize.engine import connect, quoted


@pytest.fixture
def connection():
    with connect() as opened:
        yield opened


def test_it_computes_on_what_is_registered(connection):
    connection.register("people", pa.table({"나이": [31, 31, 45]}))
    assert connection.execute('SELECT "나이", count(*) FROM people GROUP BY 1 ORDER BY 1').fetchall() == [
        (31, 2),
        (45, 1),
    ]


def test_it_reads_no_file(connection, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    for query in (
        f"SELECT * FROM '{secret}'",
        f"SELECT * FROM read_csv('{secret}')",
        f"SELECT * FROM read_text('{secret}')",
        f"SELECT * FROM glob('{tmp_path}/*')",
        f"CREATE TABLE t (a INT); COPY t FROM '{secret}'",
    ):
        with pytest.raises(duckdb.PermissionException):
            connection.execute(query)


def test_it_writes_no_file(connection, tmp_path):
    for query in (
        f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
        f"EXPORT DATABASE '{tmp_path}/out'",
        f"ATTACH '{tmp_path}/out.db'",
    ):
        with pytest.raises(duckdb.PermissionException):
            connection.execute(query)
    assert list(tmp_path.iterdir()) == []


def test_it_fetches_no_extension(connection):
    for query in (
        "INSTALL httpfs",
        "INSTALL h3 FROM community",
        "LOAD httpfs",
        "SELECT * FROM 'https://127.0.0.1/a.csv'",
    ):
        with pytest.raises(duckdb.Error):
            connection.execute(query)


def test_it_sees_no_python_variable(connection):
    people = pa.table({"a": [1]})
    with pytest.raises(duckdb.CatalogException):
        connection.execute("SELECT * FROM people")
    assert people.num_rows == 1


@pytest.mark.parametrize(
    "setting",
    [
        "enable_external_access = true",
        "lock_configuration = false",
        "python_enable_replacements = true",
        "temp_directory = '/tmp'",
        "memory_limit = '64GB'",
        "allowed_directories = ['/tmp']",
    ],
)
def test_nobody_unlocks_it(connection, setting):
    with pytest.raises(duckdb.Error):
        connection.execute(f"SET {setting}")


def test_it_fails_rather_than_spill(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with connect("32MB", threads=1) as connection:
        assert connection.execute("SELECT current_setting('temp_directory')").fetchone() == ("",)
        with pytest.raises(duckdb.OutOfMemoryException):
            connection.execute("SELECT count(*) FROM (SELECT DISTINCT hash(range), range FROM range(5000000))")
    assert list(tmp_path.iterdir()) == []


def test_limits_are_limits():
    with connect("64MB", threads=1) as connection:
        assert connection.execute("SELECT current_setting('threads')").fetchone() == (1,)
    for bad in ("", "much", "1MB'; SET threads = 1; --"):
        with pytest.raises(ValueError, match="memory_limit"):
            connect(bad)
    with pytest.raises(ValueError, match="threads"):
        connect(threads=0)


def test_any_name_is_quoted_into_one_identifier(connection):
    for name in ("성명", "a b", 'x"; DROP TABLE t; --', '""', "select", "'"):
        assert connection.execute(f"SELECT 1 AS {quoted(name)}").description[0][0] == name
