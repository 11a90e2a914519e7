"""What is pinned is what pyproject.toml asks for, the same everywhere, and comes from wherever pip is told to look."""

import importlib.util
import os
import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCKS = ROOT / ".requirements"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]
ASKED = {
    "service": PROJECT["project"]["dependencies"],
    "demo": PROJECT["project"]["dependencies"] + EXTRAS["demo"],
    "test": PROJECT["project"]["dependencies"] + EXTRAS["demo"] + EXTRAS["test"],
    "build": PROJECT["build-system"]["requires"],
}


def read_lock(name: str) -> dict[str, str]:
    """Package to version, of one lock."""
    text = (LOCKS / f"{name}.lock").read_text()
    return {canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)", text, re.M)}


def load_step(name: str) -> ModuleType:
    """A step of the build, as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / f".build/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def page_builder() -> ModuleType:
    return load_step("page")


@pytest.mark.parametrize("name", ASKED)
def test_a_lock_holds_what_the_project_asks_for(name: str):
    pinned = read_lock(name)
    for text in ASKED[name]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(pinned[canonicalize_name(wanted.name)]), f"{text}: run `make lock`"


@pytest.mark.parametrize("name", ["service", "demo"])
def test_a_smaller_lock_has_the_versions_that_were_tested(name: str):
    tested = read_lock("test")
    assert read_lock(name).items() <= tested.items()


@pytest.mark.parametrize("lock", sorted(LOCKS.glob("*.lock")), ids=lambda lock: lock.stem)
def test_every_pin_has_a_hash_and_no_lock_says_where_to_look(lock: Path):
    text = lock.read_text()
    pins = re.findall(r"^[\w.-]+==\S+ \\\n    --hash=sha256:", text, re.M)
    assert len(pins) == len(re.findall(r"^[\w.-]+==", text, re.M)) > 0
    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text


def test_the_node_of_the_build_hook_is_the_one_that_is_pinned(page_builder: ModuleType):
    assert page_builder.NODE_WHEEL in (LOCKS / "node.in").read_text()


@pytest.mark.parametrize(
    ("version", "fits"),
    [
        ("v20.20.2", True),
        ("v20.18.9", False),
        ("v21.7.0", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v24.0.0", True),
        ("", False),
    ],
)
def test_only_a_node_that_vite_runs_on_is_taken_from_path(page_builder: ModuleType, version: str, fits: bool):
    assert page_builder.is_new_enough(version) is fits


def test_the_page_is_built_again_when_a_source_changes_and_only_then(
    page_builder: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("CAMPUS_WEB", raising=False)
    source, output = tmp_path / "dashboard/web", tmp_path / "dashboard/web_dist"
    (source / "node_modules").mkdir(parents=True)
    (source / "package.json").write_text("{}")
    page = page_builder.Page(tmp_path)
    assert page.wanted()

    output.mkdir()
    page.stamp.write_text(page.digest())
    assert not page.wanted()
    (source / "node_modules/noise").write_text("changes with every install")
    assert not page.wanted()
    (source / "index.html").write_text("<html>")
    assert page.wanted()
    monkeypatch.setenv("CAMPUS_WEB", "skip")
    assert not page.wanted()


def test_a_checkout_without_the_pages_sources_is_told_how_to_go_on(page_builder: ModuleType, tmp_path: Path):
    with pytest.raises(SystemExit, match="CAMPUS_WEB=skip"):
        page_builder.Page(tmp_path).wanted()


def test_uv_looks_wherever_pip_is_told_to_look():
    environment = load_step("environment")
    of_pip = {
        "index-url": "https://mirror.example/simple",
        "extra-index-url": "https://one.example/simple\nhttps://two.example/simple",
        "find-links": "/wheels /more-wheels",
        "cert": "/etc/ssl/ours.pem",
        "constraint": "/etc/pip/constraints.txt",
    }
    assert environment.uv_settings(of_pip) == {
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INDEX": "https://one.example/simple https://two.example/simple",
        "UV_FIND_LINKS": "/wheels,/more-wheels",
        "SSL_CERT_FILE": "/etc/ssl/ours.pem",
    }
    assert environment.uv_settings({}) == {"UV_INDEX_STRATEGY": "unsafe-best-match"}


def test_what_pip_is_configured_with_is_read_from_its_files_and_its_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    configuration = tmp_path / "pip.conf"
    configuration.write_text(
        "[global]\nindex-url = https://mirror.example/simple\n[install]\nfind-links =\n  /a\n  /b\n"
    )
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)  # a variable counts before a file
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    monkeypatch.setenv("PIP_TRUSTED_HOST", "mirror.example")
    environment = load_step("environment")
    monkeypatch.setattr(environment, "PYTHON", sys.executable)
    settings = environment.ask_pip_for_settings()
    assert settings["index-url"] == "https://mirror.example/simple"
    assert settings["find-links"].split() == ["/a", "/b"]
    assert settings["trusted-host"] == "mirror.example"
