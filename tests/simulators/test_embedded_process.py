"""One server process and its folder, whatever the server is."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from simulators.embedded import process as embedded_process
from simulators.embedded.errors import EmbeddedServerError
from simulators.embedded.process import LOOPBACK, ServerProcess, end_processes, find_free_port, find_processes

OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")
STUBBORN = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"


@pytest.fixture
def server(tmp_path: Path):
    one = ServerProcess("sleep", tmp_path)
    one.claim_folder()
    yield one
    one.kill()
    one.release_folder()


def test_an_end_before_it_is_ready_is_told_with_the_last_words_of_its_log(server: ServerProcess):
    server.start(["sh", "-c", "echo no space left; exit 3"])
    with pytest.raises(EmbeddedServerError, match=r"sleep ended while it should become ready[\s\S]*no space left"):
        server.wait_until(lambda: False, "become ready")


def test_one_that_never_becomes_ready_is_given_up(server: ServerProcess):
    server.start(["sleep", "600"])
    with pytest.raises(EmbeddedServerError, match="did not become ready within 0 s"):
        server.wait_until(lambda: False, "become ready", seconds=0)
    assert server.running


def test_a_log_that_grew_too_large_is_put_aside_at_the_next_start(
    server: ServerProcess, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(embedded_process, "LOG_LIMIT_BYTES", 10)
    server.log_path.write_text("more than ten bytes\n")
    server.start(["sleep", "600"])
    assert server.log_path.read_text() == ""
    assert server.log_path.with_suffix(".log.1").read_text() == "more than ten bytes\n"


def test_ctrl_c_at_the_terminal_reaches_only_the_parent(server: ServerProcess):
    server.start(["sleep", "600"])
    assert server.pid is not None
    assert os.getpgid(server.pid) != os.getpgid(0)


def test_one_that_ignores_the_first_signal_is_killed_in_the_end(server: ServerProcess):
    server.start([sys.executable, "-c", STUBBORN])
    server.wait_until(lambda: "up" in server.log_path.read_text(), "say so")
    server.stop(signal.SIGINT, seconds=0.01)
    assert not server.running


def test_only_processes_of_that_name_in_that_folder_are_found(server: ServerProcess, tmp_path: Path):
    server.start(["sleep", "600"])
    (tmp_path / "other").mkdir()
    assert [process.pid for process in find_processes("sleep", server.folder)] == [server.pid]
    assert find_processes("postgres", server.folder) == []
    assert find_processes("sleep", tmp_path / "other") == []


@pytest.mark.skipif(not OUTGOING.exists(), reason="only Linux says which ports it gives to outgoing connections")
def test_a_free_port_is_none_that_the_system_gives_to_an_outgoing_connection():
    lowest, _ = OUTGOING.read_text().split()
    with socket.create_server((LOOPBACK, find_free_port())) as listener:
        assert listener.getsockname()[1] < int(lowest)


def test_a_dead_process_that_nobody_reaps_is_not_waited_for():
    with subprocess.Popen(["sleep", "600"]) as child:
        end_processes([psutil.Process(child.pid)])
        assert psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE
