"""
Verifying a bundle, offline: all that its own verify.py checks, and what needs more than Python alone.

That is: the signatures again, by another implementation; the time-stamps, against root certificates; and what was
captured of chains, as far as hashes prove it.
"""

from pathlib import Path

from cryptography.x509 import Certificate

from tocsin.app.evidence.proofs import proven
from tocsin.model.errors import InputError, SettingError, SourceError
from tocsin.respond.evidence import checkpoint, note, stamps
from tocsin.respond.evidence.standalone import (
    CHECKPOINT,
    FAIL,
    KEY,
    MANIFEST,
    OPEN,
    PASS,
    SIGNATURE,
    BadBundle,
    Bundle,
    Told,
    verify,
)

LARGEST_CHAIN_FILE = 1 << 28
OWN_ROOTS = "by the root certificates in the bundle itself; give yours with --roots"


def verified(path: Path, *, key: str = "", known: bytes = b"", roots: tuple[Certificate, ...] = ()) -> tuple[Told, ...]:
    """Everything that is found of the bundle in this file. Raises `SourceError` where it cannot be read."""
    try:
        with path.open("rb") as file:
            told = verify(file, key=key, checkpoint=known)
            try:
                bundle = Bundle(file)
                told += _more(bundle, key, roots)
            except (BadBundle, InputError, KeyError, TypeError, AttributeError, ValueError) as error:
                if all(each.outcome != FAIL for each in told):
                    told.append(Told("bundle", FAIL, str(error)))
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from None
    return tuple(told)


def _more(bundle: Bundle, key: str, roots: tuple[Certificate, ...]) -> list[Told]:
    signer = note.read_key(key or bundle.bytes_of(KEY).decode())
    return [
        *_signed(bundle, signer),
        *_stamps(bundle, roots),
        *(each for name in bundle.names if name.startswith("chain/") for each in proven(name, bundle.bytes_of(name))),
    ]


def _signed(bundle: Bundle, signer: note.VerifyingKey) -> list[Told]:
    """The two signatures, by OpenSSL instead of by verify.py's own arithmetic."""
    told = []
    for name, opening in ((SIGNATURE, note.opened), (CHECKPOINT, checkpoint.opened)):
        try:
            opening(bundle.bytes_of(name).decode(), signer)
            told.append(Told(f"{name}, by OpenSSL", PASS, "signed by the key"))
        except (InputError, UnicodeDecodeError) as error:
            told.append(Told(f"{name}, by OpenSSL", FAIL, str(error)))
    return told


def _stamps(bundle: Bundle, roots: tuple[Certificate, ...]) -> list[Told]:
    mine = [name for name in bundle.names if name.endswith(".tsr")]
    if not mine:
        return []
    is_own = not roots
    if is_own and (pem := bundle.bytes_of("tsa/roots.pem")):
        try:
            roots = stamps.read_roots(pem, "tsa/roots.pem")
        except SettingError as error:
            return [Told("time-stamps", FAIL, str(error))]
    sizes = {each["file"]: each["size"] for each in bundle.json(MANIFEST)["time_stamps"]}
    return [_stamp(bundle, name, sizes.get(name), roots, is_own=is_own) for name in mine]


def _stamp(bundle: Bundle, name: str, size: int | None, roots: tuple[Certificate, ...], *, is_own: bool) -> Told:
    what = f"time-stamp {name}, by its authority"
    noted = bundle.bytes_of(f"checkpoints/{size}.txt")
    if not noted:
        noted = bundle.bytes_of(CHECKPOINT)
    try:
        at = stamps.stamped(bundle.bytes_of(name), noted, roots)
    except InputError as error:
        return Told(what, FAIL, str(error))
    says = f"the first {size} records existed at {at.isoformat()}"
    if not roots:
        return Told(what, OPEN, f"says {says}, but no root certificates are there to hold it against; give --roots")
    return Told(what, OPEN if is_own else PASS, f"{says}, {OWN_ROOTS if is_own else 'as an authority of yours says'}")
