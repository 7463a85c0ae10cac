"""What is tried on a contract: everything plainly first, nothing twice, the same for the same seed, guided by depth."""

from random import Random

from tocsin.chain.attempts.search import ARGUMENTS, PAID_WEI, Search
from tocsin.chain.attempts.traced import Attempt, Shown, created, shown

CALLER, RUN, OTHER = "0x" + "ca" * 20, b"\x01\x02\x03\x04", b"\x05\x06\x07\x08"


def search(seed: int = 1) -> Search:
    return Search([RUN, OTHER], [CALLER], [0xABCD], Random(seed))  # noqa: S311 - to be repeated


def outcome(attempt: Attempt) -> Shown:
    """A function that comes further the nearer its second argument is to a million; another that takes none."""
    depth = len(str(attempt.words[1])) if attempt.selector == RUN else 3
    return Shown(is_done=True, depth=min(depth, 7), moves=False, numbers=(123_456,) if depth == 7 else ())


def played(seed: int, count: int) -> list[Attempt]:
    one, made = search(seed), []
    while len(made) < count:
        for attempt in one.take(16):
            one.learn(attempt, outcome(attempt))
            made.append(attempt)
    return made


def test_everything_is_called_plainly_first() -> None:
    first = search().take(6)
    assert {(each.selector, each.value) for each in first} == {
        (selector, value) for selector in (RUN, OTHER, b"") for value in (0, PAID_WEI)
    }
    assert all(set(each.words) == {0} for each in first)


def test_nothing_is_tried_twice_and_the_same_seed_tries_the_same() -> None:
    made = played(1, 400)
    assert len(set(made)) == len(made)
    assert made == played(1, 400)
    assert made != played(2, 400)


def test_a_function_whose_arguments_make_no_difference_is_left_alone() -> None:
    made = played(1, 1_000)
    assert sum(each.selector == OTHER for each in made) < 100
    assert sum(each.selector == RUN for each in made) > 800


def test_numbers_that_were_answered_are_tried() -> None:
    words = {word for each in played(1, 600) for word in each.words}
    assert {123_456, 61_728} <= words


def test_what_gains_is_varied_on() -> None:
    one = search()
    for attempt in one.take(6):
        one.learn(attempt, outcome(attempt))
    gained = Attempt(CALLER, RUN, (77, 0, 0, 0, 0), 0)
    one.learn(gained, outcome(gained))
    one.reward(gained, 50_000.0)
    assert one._functions[CALLER, RUN].best[0][1] == gained


def test_call_data_holds_the_arguments_and_room_behind_them() -> None:
    attempt = Attempt(CALLER, RUN, (1,) * ARGUMENTS)
    assert attempt.data[:4] == RUN
    assert attempt.data[4:36] == (1).to_bytes(32, "big")
    assert not any(attempt.data[4 + 32 * ARGUMENTS :])
    assert Attempt(CALLER, b"").data == b""


def test_a_trace_shows_depth_and_numbers_and_what_moves() -> None:
    raw = (
        b'{"type":"CALL","to":"0xaa","calls":[{"type":"STATICCALL","output":"0x'
        + (5_000).to_bytes(32, "big").hex().encode()
        + b'"},{"type":"CALL","value":"0x10","logs":[{}]}]}'
    )
    seen = shown(raw, "here")
    assert (seen.is_done, seen.depth, seen.moves, seen.numbers) == (True, 4, True, (5_000,))
    undone = shown(raw.replace(b'"to":"0xaa"', b'"error":"execution reverted"'), "here")
    assert (undone.is_done, undone.moves) == (False, False)


def test_a_creation_says_its_address() -> None:
    assert created(b'{"type":"CREATE","to":"0xAB"}', "here") == "0xab"
    assert created(b'{"type":"CREATE","to":"0xAB","error":"out of gas"}', "here") is None
    assert created(b'{"type":"CALL","to":"0xAB"}', "here") is None


def test_what_was_not_reverted_opens_the_way_for_others_furthest_first() -> None:
    one = search()
    for attempt in one.take(6):
        is_done = attempt.selector != RUN or attempt.value > 0
        one.learn(attempt, Shown(is_done=is_done, depth=5 if attempt.selector == RUN else 2, moves=False, numbers=()))
    assert [each.selector for each in one.openings()] == [RUN, OTHER]
    assert one.openings()[0].value == PAID_WEI
