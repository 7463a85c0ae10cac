"""What kind of attack a gain speaks for is told from calls that say so, and from no others."""

import pytest

from tocsin.chain.signatures import selector
from tocsin.detect.checks import build
from tocsin.detect.detectors._example_rows import call, moved
from tocsin.detect.detectors.profits._causes import ACCESS_CONTROL, EXECUTE, EXECUTED, GOVERNANCE, LOGIC, family
from tocsin.detect.detectors.profits.large_profit import detector
from tocsin.detect.extraction import extractions

RUN, MINT = selector("run()"), selector("mint(uint256,address)")
WETH = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"
PASSED_ON = (("thief", "pool", "coin", 5), ("pool", "thief", WETH, 20))


def told(*frames, moves=PASSED_ON):
    """The kind that these frames below the thief's own speak for."""
    root = call(0, 0, len(frames) + 1, "mallory", "thief", RUN)
    tables = build(detector, {"calls": [root, *frames], **moved(*moves)})
    (taken,) = extractions(tables, tables["calls"]).values()
    return family(tables["calls"], taken)


def test_a_token_that_mints_for_whoever_asks_lacks_a_guard():
    assert told(call(1, 1, 3, "thief", "coin", MINT), call(2, 2, 3, "coin", "code", MINT, kind="delegatecall")) == (
        ACCESS_CONTROL
    )


@pytest.mark.parametrize(
    "frames",
    [
        (call(1, 1, 3, "thief", "coin", MINT), call(2, 2, 3, "coin", "dollar", selector("transferFrom()"))),
        (call(1, 1, 2, "thief", "other", MINT),),
        (call(1, 1, 2, "alice", "coin", MINT),),
    ],
    ids=["it was paid for", "another token was sold", "somebody else had it minted"],
)
def test_other_mints_say_nothing(frames):
    assert told(*frames) == LOGIC


def test_what_is_minted_and_kept_says_nothing():
    assert told(call(1, 1, 2, "thief", "coin", MINT), moves=(("pool", "thief", WETH, 20),)) == LOGIC


def test_a_proposal_that_is_executed_on_the_way_speaks_for_governance():
    executed = call(2, 2, 3, "governor", "timelock", EXECUTED)
    assert told(call(1, 1, 3, "thief", "governor", EXECUTE), executed) == GOVERNANCE
    assert told(call(1, 1, 2, "thief", "governor", EXECUTE)) == LOGIC
    assert told(call(1, 1, 3, "alice", "governor", EXECUTE), executed) == LOGIC
