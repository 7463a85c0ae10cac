"""
Fuzz the way from bytes to findings with coverage feedback (atheris, libFuzzer).

`make fuzz` runs it. The corpus starts from the project's own demo recording, one answer a file. Whatever the bytes,
only an `InputError` may come out, and no detector may fail; anything else stops the run and leaves the input that did
it in build/fuzz.
"""

import sys
from pathlib import Path

import atheris
from mutation import mutated

with atheris.instrument_imports(include=["tocsin"]):
    from tocsin.app.exercise.kept import ATTACK, SHIPPED
    from tocsin.chain import codecs
    from tocsin.chain.catalogue import datasets, derived
    from tocsin.chain.codecs.recording import parse, render
    from tocsin.detect.catalogue import detectors
    from tocsin.detect.engine import detect
    from tocsin.detect.known import KNOWN
    from tocsin.edge.recordings import read_one
    from tocsin.model.errors import InputError

    # Found by a walk, not by these imports: loaded here, they are instrumented too.
    DATASETS, DETECTORS = datasets(), tuple(detectors().values())

DEMO = SHIPPED / "oracle-aave" / ATTACK
CORPUS = Path("build/fuzz/corpus")


def one(data: bytes) -> None:
    """Read these bytes as a recording and look through it."""
    try:
        tables = derived(codecs.tables([parse(data, "fuzz", 1)]))
        frames = {name: tables[name] for name in DATASETS if name in tables}
    except InputError:
        return
    for failure in detect(frames | KNOWN, DETECTORS, {}).failures:
        raise failure.error


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """Half of the time a change to the JSON, else one to the bytes."""
    changed = mutated(data, seed) if seed % 2 else None
    return atheris.Mutate(data, max_size) if changed is None or len(changed) > max_size else changed


def seed() -> None:
    """The demo recording whole, and cut into answers so that small changes reach far."""
    CORPUS.mkdir(parents=True, exist_ok=True)
    for path in DEMO.glob("*.json.gz"):
        recording = read_one(path)
        (CORPUS / path.stem).write_bytes(render(recording))
        for method, answer in recording.answers.items():
            kept = b'{"chain_id":1,"' + method.encode() + b'":' + answer + b"}"
            (CORPUS / f"{path.stem}-{method}").write_bytes(kept)


def main() -> None:
    """Run until told to stop (`-max_total_time=SECONDS`)."""
    seed()
    atheris.Setup([*sys.argv, str(CORPUS)], one, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
