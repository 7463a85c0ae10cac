"""Tarballs from outside: what is wanted comes out, and nothing in them leads out or grows without bound."""

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from npm_registry import tarball_of
from tocsin.edge import tarballs
from tocsin.edge.tarballs import members
from tocsin.model.errors import MalformedInput

PATH = Path("example.tgz")


def read(content: bytes, wanted: Callable[[str], bool] = lambda _: True) -> dict[str, bytes]:
    return members(io.BytesIO(content), PATH, wanted)


def tarball_with(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, link
        archive.addfile(member)
    return packed.getvalue()


def test_what_is_wanted_comes_without_the_outermost_folder() -> None:
    content = tarball_of({"a/b.json": b"1", "a/c.txt": b"2"})

    assert read(content) == {"a/b.json": b"1", "a/c.txt": b"2"}
    assert read(content, lambda name: name.endswith(".json")) == {"a/b.json": b"1"}


def test_folders_are_passed_over() -> None:
    assert read(tarball_with("package/build", tarfile.DIRTYPE)) == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (tarball_with("package/a", tarfile.SYMTYPE, "/etc/passwd"), "neither a file nor a folder"),
        (tarball_with("package/a", tarfile.LNKTYPE, "package/b"), "neither a file nor a folder"),
        (tarball_with("package/a", tarfile.FIFOTYPE), "neither a file nor a folder"),
        (tarball_with("/etc/passwd"), "leads out of the package"),
        (tarball_with("package/../../a"), "leads out of the package"),
        (tarball_of({"a": bytes(range(256))})[:-150], "not a gzipped tarball"),
        (b"not a tarball", "not a gzipped tarball"),
        (b"", "not a gzipped tarball"),
    ],
    ids=["symbolic link", "hard link", "pipe", "absolute", "parent", "cut", "text", "empty"],
)
def test_what_is_no_honest_tarball_is_refused_by_name(content: bytes, said: str) -> None:
    with pytest.raises(MalformedInput, match=rf"^example.tgz: .*{said}"):
        read(content)


def test_a_file_that_is_too_large_is_refused_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tarballs, "MEMBER_MAX_BYTES", 100)
    content = tarball_of({"large": bytes(101), "small": bytes(100)})

    assert list(read(content, lambda name: name == "small")) == ["small"]
    with pytest.raises(MalformedInput, match=r"'package/large' has 101 bytes, more than 100"):
        read(content)


def test_a_tarball_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = tarball_of({str(number): bytes(1000) for number in range(10)})

    monkeypatch.setattr(tarballs, "UNPACKED_MAX_BYTES", 10 * (1000 + tarfile.BLOCKSIZE))
    assert len(read(content)) == 10
    monkeypatch.setattr(tarballs, "UNPACKED_MAX_BYTES", 10 * (1000 + tarfile.BLOCKSIZE) - 1)
    with pytest.raises(MalformedInput, match="more than 15119 bytes in it"):
        read(content, lambda _: False)
