"""A sealed bundle proves itself to whoever has it, and every change of it is named as what it is."""

import asyncio
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import given as suppose
from hypothesis import settings as how
from hypothesis import strategies as some

from evidence_case import ADA, Case, case, chunks, given
from time_stamper import Authority, authority
from tocsin.app.backoff import Backoff
from tocsin.app.evidence import custody as evidence
from tocsin.app.evidence import export as evidence_export
from tocsin.app.evidence.checkpoint import seal
from tocsin.app.evidence.stamps import stampers_of
from tocsin.app.evidence.verify import verified
from tocsin.edge.evidence.key import SigningKey, signing_key
from tocsin.edge.store.opening import open_store
from tocsin.model.errors import DigestMismatch
from tocsin.respond.evidence import bundle, checkpoint
from tocsin.respond.evidence.contents import Contents
from tocsin.respond.evidence.item import Type
from tocsin.respond.evidence.stamps import read_roots
from tocsin.respond.evidence.standalone import FAIL, Told, verify

NO_WAIT = Backoff(first_seconds=1.0, longest_seconds=1.0, jitter=lambda: 1.0)
PCAP, NOTE = b"\x00packets\xff" * 50, b"what the node said"


@dataclass(frozen=True)
class Sealed:
    """A bundle, and what it was made of."""

    path: Path
    key: str
    parts: Contents
    signing: SigningKey
    earlier_note: str
    roots: Path

    @property
    def members(self) -> dict[str, bytes]:
        with zipfile.ZipFile(self.path) as container:
            return {name: container.read(name) for name in container.namelist()}


def export(here: Case, incident: str, path: Path) -> tuple[Contents, SigningKey]:
    key = signing_key(Path(here.desk.settings.evidence.key))
    begun = evidence_export.begin(here.desk, ADA, incident, "police asked")
    parts = evidence_export.contents(here.desk, begun, seal(here.desk, key))
    evidence_export.write(here.desk, parts, key, path)
    return parts, key


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with authority(tmp_path_factory.mktemp("authority") / "tsa") as running:
        yield running


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory, tsa: Authority) -> Iterator[Sealed]:
    """An incident with three pieces of evidence, one of them destroyed; the journal was time-stamped meanwhile."""
    folder = tmp_path_factory.mktemp("case")
    store = open_store(f"sqlite:///{folder}/tocsin.db")
    here = case(store, folder, f'time_stampers = ["{tsa.url}"]\ntime_stamper_roots = "{tsa.roots}"\n')
    incident = here.declare(title="Pool <script>alert(1)</script> drained")
    evidence.add(here.desk, ADA, given("../drained.pcap", incident), chunks(PCAP))
    key = signing_key(Path(here.desk.settings.evidence.key))
    earlier = seal(here.desk, key)
    asyncio.run(stampers_of(here.desk.settings.evidence, NO_WAIT).stamp(here.desk))
    evidence.add(here.desk, ADA, given("node.log", incident, type=Type.LOG), chunks(NOTE))
    gone = evidence.add(here.desk, ADA, given("personal.txt", incident), chunks(b"erased"))
    evidence.destroy(here.desk, ADA, gone.id, "asked for by the person, GDPR 17")
    parts, signing = export(here, incident, folder / "bundle.zip")
    yield Sealed(
        path=folder / "bundle.zip",
        key=signing.verifying.text,
        parts=parts,
        signing=signing,
        earlier_note=earlier.note,
        roots=tsa.roots,
    )
    store.close()


def packed(members: dict[str, bytes], path: Path) -> Path:
    """These members in the form that tocsin writes."""
    with path.open("wb") as file:
        bundle.write(file, members, (), lambda _: ())
    return path


def failed(told: tuple[Told, ...] | list[Told]) -> dict[str, str]:
    return {each.what: each.says for each in told if each.outcome == FAIL}


def faults(path: Path, **more: object) -> dict[str, str]:
    """What tocsin finds; what verify.py finds is the same, as far as it looks."""
    with path.open("rb") as file:
        alone = failed(verify(file, key=str(more.get("key", "")), checkpoint=more.get("known", b"")))  # type: ignore[arg-type] # bytes
    found = failed(verified(path, **more))  # type: ignore[arg-type] # of verified
    assert alone.items() <= found.items()
    assert bool(alone) == bool(found)
    return found


def tampered(sealed: Sealed, tmp_path: Path, change: Callable[[dict[str, bytes]], object]) -> dict[str, str]:
    members = sealed.members
    change(members)
    return faults(packed(members, tmp_path / "tampered.zip"), key=sealed.key)


def piece(sealed: Sealed, ending: str) -> str:
    return next(name for name in sealed.members if name.startswith("evidence/") and name.endswith(ending))


def test_an_untouched_bundle_verifies_to_the_last_part(sealed: Sealed) -> None:
    told = verified(sealed.path, key=sealed.key, roots=_roots(sealed))

    assert {each.outcome for each in told if not each.what.startswith("time-stamp tsa/")} == {"PASS"}
    assert any("existed at" in each.says and each.outcome == "PASS" for each in told)
    assert faults(sealed.path) == {}


def _roots(sealed: Sealed) -> tuple[object, ...]:
    return read_roots(sealed.roots.read_bytes(), "roots")


def test_its_own_verifier_needs_nothing_but_python(sealed: Sealed, tmp_path: Path) -> None:
    (tmp_path / "verify.py").write_bytes(sealed.members["verify.py"])
    (tmp_path / "key.txt").write_text(sealed.key)
    shutil.copy(sealed.path, tmp_path / "bundle.zip")
    members = sealed.members
    members["journal.jsonl"] = members["journal.jsonl"].replace(b"user:ada", b"user:eve")
    packed(members, tmp_path / "forged.zip")

    fine, forged, nothing = (
        subprocess.run(
            [sys.executable, "-I", "-S", "verify.py", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        for arguments in (["bundle.zip", "--key", "key.txt"], ["forged.zip", "--key", "key.txt"], [])
    )

    assert (fine.returncode, fine.stderr) == (0, "")
    assert "VERIFIED" in fine.stdout
    assert (forged.returncode, nothing.returncode) == (1, 2)
    assert "FAIL  journal.jsonl: was changed" in forged.stdout
    assert "FAILED" in forged.stdout


def test_the_same_contents_make_the_same_bytes(sealed: Sealed, tmp_path: Path) -> None:
    assert packed(sealed.members, tmp_path / "again.zip").read_bytes() == sealed.path.read_bytes()


def test_people_read_an_index_in_which_nothing_acts(sealed: Sealed) -> None:
    page = sealed.members["index.html"].decode()

    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "default-src &#x27;none&#x27;" in page or "default-src 'none'" in page
    assert "drained.pcap" in page
    assert "(destroyed)" in page


def test_a_key_that_the_bundle_names_itself_is_not_called_proven(sealed: Sealed) -> None:
    (told,) = [each for each in verified(sealed.path) if each.what == "key.txt" and "ask the organisation" in each.says]

    assert told.outcome == "OPEN"


def test_a_forged_bundle_is_of_another_key(sealed: Sealed, tmp_path: Path) -> None:
    """Whoever makes everything anew with a key of his own deceives only those who do not know ours."""
    other = signing_key(tmp_path / "other.pem")
    note = checkpoint.sealed(
        checkpoint.Checkpoint(sealed.parts.checkpoint.size, bytes.fromhex(sealed.parts.checkpoint.root)),
        other.verifying,
        other.sign,
    )
    parts = replace(
        sealed.parts, checkpoint=replace(sealed.parts.checkpoint, note=note), earlier=(), stamps=(), roots=b""
    )
    texts = bundle.texts(parts, other.verifying, other.sign)
    pieces = {name: data for name, data in sealed.members.items() if name.startswith("evidence/")}
    path = packed({**texts, **pieces}, tmp_path / "forged.zip")

    assert faults(path) == {}
    found = faults(path, key=sealed.key)
    assert "forged" in found["key.txt"]
    assert "another key" in found["manifest.json"]


def test_a_changed_byte_in_each_file_is_named(sealed: Sealed, tmp_path: Path) -> None:
    for name in sealed.members:

        def flip(members: dict[str, bytes], name: str = name) -> None:
            members[name] = members[name][:9] + bytes([members[name][9] ^ 1]) + members[name][10:]

        found = tampered(sealed, tmp_path, flip)
        told = {"manifest.sig": "manifest.json", "key.txt": "key.txt"}.get(name, name)
        assert told in found, name


def test_a_line_that_is_gone_is_named(sealed: Sealed, tmp_path: Path) -> None:
    def drop(members: dict[str, bytes]) -> None:
        lines = members["custody.jsonl"].splitlines(keepends=True)
        members["custody.jsonl"] = b"".join(lines[1:])

    found = tampered(sealed, tmp_path, drop)

    assert "record 1 is missing" in "; ".join(found.values())


def test_lines_out_of_order_are_named(sealed: Sealed, tmp_path: Path) -> None:
    def turn(members: dict[str, bytes]) -> None:
        members["custody.jsonl"] = b"".join(reversed(members["custody.jsonl"].splitlines(keepends=True)))

    found = tampered(sealed, tmp_path, turn)

    assert "out of order" in found["custody.jsonl in the journal"]


def test_a_cut_end_is_named(sealed: Sealed, tmp_path: Path) -> None:
    def cut(members: dict[str, bytes]) -> None:
        members["journal.jsonl"] = b"".join(members["journal.jsonl"].splitlines(keepends=True)[:-1])

    found = tampered(sealed, tmp_path, cut)

    count = len(sealed.members["journal.jsonl"].splitlines())
    assert f"the end was cut off: {count - 1} of {count} records" in "; ".join(found.values())


def test_an_older_checkpoint_is_named(sealed: Sealed, tmp_path: Path) -> None:
    def roll_back(members: dict[str, bytes]) -> None:
        members["checkpoint.txt"] = sealed.earlier_note.encode()

    found = tampered(sealed, tmp_path, roll_back)

    assert "rolled back" in found["checkpoint"]
    assert "it is an older one" in found["journal.jsonl in the journal"]


def test_a_replaced_file_with_its_entry_in_the_manifest_is_named(sealed: Sealed, tmp_path: Path) -> None:
    """Even where the manifest is signed anew, the record of what was collected stands in the journal."""
    name = piece(sealed, ".pcap")
    old = hashlib.sha256(PCAP).hexdigest().encode()
    new = hashlib.sha256(b"nothing to see").hexdigest().encode()

    def replaced(members: dict[str, bytes]) -> None:
        members[name] = b"nothing to see"
        members["manifest.json"] = members["manifest.json"].replace(old, new)

    found = tampered(sealed, tmp_path, replaced)

    assert "was changed after it was signed" in found["manifest.json"]
    identity = name.removeprefix("evidence/").removesuffix(".pcap")
    assert f"other bytes than were collected ({old.decode()})" in found[f"evidence {identity}"]


def test_two_pieces_that_changed_places_are_named(sealed: Sealed, tmp_path: Path) -> None:
    first, second = piece(sealed, ".pcap"), piece(sealed, ".log")

    def swap(members: dict[str, bytes]) -> None:
        members[first], members[second] = members[second], members[first]

    found = tampered(sealed, tmp_path, swap)

    assert found[first] == f"holds the bytes of {second}: they were swapped"
    assert sum("swapped" in says for says in found.values()) == 4


def test_a_file_that_is_gone_or_added_is_named(sealed: Sealed, tmp_path: Path) -> None:
    gone = piece(sealed, ".pcap")

    assert tampered(sealed, tmp_path, lambda members: members.pop(gone))[gone] == "is missing: it was taken out"
    found = tampered(sealed, tmp_path, lambda members: members.update({"evidence/more.bin": b"x"}))
    assert "added afterwards" in found["evidence/more.bin"]


def test_a_checkpoint_that_somebody_kept_is_held_against_it(sealed: Sealed, tmp_path: Path) -> None:
    older = sealed.earlier_note.encode()
    newer = tmp_path / "newer.zip"
    members = sealed.members
    own = members["checkpoint.txt"]
    members["checkpoint.txt"] = older
    packed(members, newer)

    assert faults(sealed.path, key=sealed.key, known=older) == {}
    assert faults(sealed.path, key=sealed.key, known=own) == {}
    assert "passed off as new" in faults(newer, key=sealed.key, known=own)["the checkpoint you gave"]


@how(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@suppose(some.data())
def test_any_changed_byte_of_any_member_is_caught(sealed: Sealed, tmp_path: Path, data: some.DataObject) -> None:
    members = sealed.members
    name = data.draw(some.sampled_from(sorted(members)))
    at, change = data.draw(some.integers(0, len(members[name]) - 1)), data.draw(some.integers(1, 255))
    members[name] = members[name][:at] + bytes([members[name][at] ^ change]) + members[name][at + 1 :]

    assert faults(packed(members, tmp_path / "changed.zip"), key=sealed.key)


@how(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@suppose(some.data())
def test_any_changed_byte_of_the_whole_file_is_caught(sealed: Sealed, tmp_path: Path, data: some.DataObject) -> None:
    raw = bytearray(sealed.path.read_bytes())
    at = data.draw(some.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(some.integers(1, 255))
    path = tmp_path / "changed.zip"
    path.write_bytes(raw)

    assert faults(path, key=sealed.key)


@how(max_examples=100)
@suppose(some.binary(max_size=300))
def test_what_is_no_bundle_is_said_to_be_none(data: bytes) -> None:
    (told,) = verify(io.BytesIO(data))

    assert (told.what, told.outcome) == ("bundle", FAIL)


def test_traps_are_refused(sealed: Sealed, tmp_path: Path) -> None:
    traps = {
        "bomb": b"\x00" * 10_000_000,
        "../../etc/cron.d/x": b"x",
        "/etc/passwd": b"x",
        "a\\b": b"x",
        "evidence/.x": b"x",
    }
    for name, data in traps.items():
        path = tmp_path / "trap.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as container:
            container.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED if name == "bomb" else None)
        found = faults(path)
        assert "compressed" in found["bundle"] or "unsafe name" in found["bundle"], name
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as container:
        container.writestr("manifest.json", "{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            container.writestr("manifest.json", "{}")
    assert "twice" in faults(tmp_path / "twice.zip")["bundle"]


@pytest.mark.parametrize("manifest", ["{}", "[]", "null", '{"files": 7}', '{"files": [], "files": []}', "[" * 100_000])
def test_a_manifest_of_nonsense_is_a_failure_and_no_crash(sealed: Sealed, tmp_path: Path, manifest: str) -> None:
    assert tampered(sealed, tmp_path, lambda members: members.update({"manifest.json": manifest.encode()}))


def test_bytes_that_changed_are_not_exported(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/tocsin.db")
    here = case(store, tmp_path)
    incident = here.declare()
    item = evidence.add(here.desk, ADA, given(incident=incident), chunks(PCAP))
    place = evidence.kept_in(here.desk).place(item.sha256)
    place.chmod(0o600)
    place.write_bytes(b"other")

    with pytest.raises(DigestMismatch, match=item.id):
        export(here, incident, tmp_path / "bundle.zip")

    assert not (tmp_path / "bundle.zip").exists()
    store.close()


def test_the_manifest_is_canonical_and_tells_of_every_piece(sealed: Sealed) -> None:
    manifest = json.loads(sealed.members["manifest.json"])

    assert sorted(each["state"] for each in manifest["evidence"]) == ["destroyed", "kept", "kept"]
    assert manifest["incident"]["number"] == "INC-2026-0001"
    assert [each["name"] for each in manifest["files"]] == sorted(
        set(sealed.members) - {"manifest.json", "manifest.sig"}
    )


@pytest.mark.parametrize("position", ["-1", "true", "1e308", "1" + "0" * 400, "9" * 6_000, '"0"'])
def test_numbers_of_nonsense_in_proofs_are_failures_and_no_crash(sealed: Sealed, tmp_path: Path, position: str) -> None:
    proofs = sealed.members["inclusion_proofs.json"].decode()
    forged = re.sub(r'"position":\d+', f'"position":{position}', proofs, count=1).encode()

    assert tampered(sealed, tmp_path, lambda members: members.update({"inclusion_proofs.json": forged}))


def test_two_bundles_glued_together_and_names_that_differ_by_case_are_refused(sealed: Sealed, tmp_path: Path) -> None:
    raw = sealed.path.read_bytes()
    for number, forged in enumerate((raw + raw, b"MZ" + raw, raw[:-20])):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(forged)
        assert "bundle" in faults(path, key=sealed.key)

    twin = tampered(sealed, tmp_path, lambda members: members.update({"Manifest.json": members["manifest.json"]}))
    assert "added afterwards" in twin["Manifest.json"]
