"""The rules of access: waiting, buckets, codes, passwords, keys, groups, forged requests."""

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.errors import SettingError, Unacceptable
from tocsin.respond.access.accounts import is_within, networks, user_id
from tocsin.respond.access.attempts import FREE_FAILURES, LONGEST_WAIT_SECONDS, Buckets, Strangers, wait_seconds
from tocsin.respond.access.forgery import Asked, is_forged, origin_of
from tocsin.respond.access.groups import read_groups, roles_of_groups
from tocsin.respond.access.password import LEAST_CHARACTERS, MOST_CHARACTERS, checked
from tocsin.respond.access.roles import ROLES, scopes_of
from tocsin.respond.access.scopes import SELF
from tocsin.respond.access.secrets import RECOVERY_BYTES, api_key, digest, key_prefix, recovery_code, written
from tocsin.respond.access.totp import SECRET_BYTES, STEP_SECONDS, new_secret, step_of
from tocsin.respond.access.trace_context import request_id, trace_id

RFC_6238_SECRET = new_secret(b"12345678901234567890")
"""RFC 6238, appendix B: the secret of its test vectors for SHA-1."""


@pytest.mark.parametrize(
    ("now", "code"),
    [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")],
)
def test_codes_are_those_of_the_standard(now: int, code: str) -> None:
    assert step_of(RFC_6238_SECRET, code, now=now, after=0) == now // STEP_SECONDS


@given(st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES), st.integers(10**9, 4 * 10**9), st.integers(-3, 3))
def test_a_used_step_is_never_taken_again(random: bytes, now: int, drift: int) -> None:
    secret = new_secret(random)
    code = pyotp.TOTP(secret).at(now + drift * STEP_SECONDS)
    step = step_of(secret, code, now=now, after=0)
    if abs(drift) <= 1:
        assert step is not None
    if step is not None:
        again = step_of(secret, code, now=now, after=step)
        assert again is None or again > step


@given(st.integers(0, 10_000))
def test_waiting_grows_and_ends(failures: int) -> None:
    assert 0 <= wait_seconds(failures) <= wait_seconds(failures + 1) <= LONGEST_WAIT_SECONDS
    assert (wait_seconds(failures) == 0) is (failures < FREE_FAILURES)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 5)), max_size=200))
def test_a_bucket_never_gives_more_than_it_holds_and_gains(asked: list[tuple[str, float]]) -> None:
    buckets, now, given_out = Buckets(per_second=2.0, burst=5.0), 0.0, dict.fromkeys("abc", 0)
    for name, later in asked:
        now += later
        given_out[name] += buckets.take(name, now) == 0
    assert all(count <= 5.0 + 2.0 * now + 1e-6 for count in given_out.values())


def test_who_waits_as_long_as_he_was_told_is_given_one() -> None:
    buckets = Buckets(per_second=0.5, burst=1.0)
    assert buckets.take("a", 0.0) == 0
    wait = buckets.take("a", 0.0)
    assert buckets.take("a", wait) == 0


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    buckets = Buckets(per_second=1.0, burst=1.0)
    buckets.take("a", 100.0)
    assert buckets.take("a", 50.0) > 0


def test_memory_is_bounded_however_many_ask() -> None:
    buckets, strangers = Buckets(per_second=1.0, burst=1.0, most_names=10), Strangers(most_names=10)
    for number in range(1_000):
        buckets.take(str(number), 0.0)
        strangers.failed(str(number), 0.0)
    assert len(buckets) == 10
    assert len(strangers._failures) == 10


@pytest.mark.parametrize("password", ["short", "a" * 20, "ab" * 10, "x" * (MOST_CHARACTERS + 1), "tocsintocsin"])
def test_a_password_that_is_soon_guessed_is_not_taken(password: str) -> None:
    with pytest.raises(Unacceptable, match="password: "):
        checked(password, "ada")


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=30, max_size=200))
def test_a_long_password_of_any_characters_is_taken(password: str) -> None:
    if len(set(password)) >= 5:
        assert len(checked(password, "ada")) >= LEAST_CHARACTERS


def test_a_password_is_the_same_however_a_keyboard_composes_it() -> None:
    assert checked("cafe\u0301 au lait noir", "ada") == checked("caf\u00e9 au lait noir", "ada")


@given(st.binary(min_size=RECOVERY_BYTES, max_size=RECOVERY_BYTES))
def test_a_recovery_code_is_read_however_it_is_typed(random: bytes) -> None:
    code = recovery_code(random)
    assert digest(written(code.upper().replace("-", "  "))) == digest(code)


@given(st.binary(min_size=32, max_size=32))
def test_what_is_shown_of_a_key_does_not_give_it_away(random: bytes) -> None:
    key = api_key(random)
    assert key.startswith(key_prefix(key))
    assert len(key) - len(key_prefix(key)) >= 32


def test_addresses_are_within_networks() -> None:
    assert networks(("192.0.2.0/24", "2001:db8::/32")) == ("192.0.2.0/24", "2001:db8::/32")
    assert is_within("192.0.2.7", ("192.0.2.0/24",))
    assert is_within("::ffff:192.0.2.7", ("192.0.2.0/24",)), "the same address on a socket of IPv6"
    assert not is_within("198.51.100.1", ("192.0.2.0/24",))
    assert not is_within("nonsense", ("0.0.0.0/0",))
    with pytest.raises(Unacceptable, match="not a network"):
        networks(("192.0.2.1/24",))


@pytest.mark.parametrize("name", ["", "Ada", "-ada", "a b", "a/b", "ä", "a" * 64, "a\n"])
def test_what_is_no_login_name_is_refused(name: str) -> None:
    with pytest.raises(Unacceptable, match="login name"):
        user_id(name)


def test_groups_give_the_roles_of_the_table() -> None:
    table = read_groups(["cn=soc,dc=example=responder", "leads=commander", "*=viewer"])
    assert roles_of_groups(table, ["cn=soc,dc=example", "leads"]) == ("commander", "responder")
    assert roles_of_groups(table, ["unknown"]) == ("viewer",)
    assert roles_of_groups(table, ["*"]) == ("viewer",)
    assert roles_of_groups(read_groups(["leads=admin"]), ["unknown"]) == ()
    with pytest.raises(SettingError, match="did you mean 'viewer'"):
        read_groups(["x=viewr"])


@given(st.sets(st.sampled_from([*ROLES, "of-yesterday"])))
def test_roles_allow_what_is_in_one_of_them_and_no_more(roles: set[str]) -> None:
    allowed = scopes_of(roles)
    assert allowed == {SELF}.union(*(ROLES.get(role, set()) for role in roles))


def asked(**given: object) -> Asked:
    usual: dict[str, object] = {"method": "POST", "host": "tocsin.example", "origin": "", "fetch_site": ""}
    return Asked(**{**usual, "has_header": False, **given})  # type: ignore[arg-type] # fields by name


@given(st.text(max_size=40))
def test_an_origin_that_is_not_ours_is_forged(origin: str) -> None:
    ours = "https://tocsin.example"
    same = origin in (ours, "") or origin.partition("://")[2] == "tocsin.example"
    assert is_forged(asked(origin=origin, has_header=True), ours + "/path") is not same


def test_reading_is_never_forged_and_writing_needs_a_sign() -> None:
    assert not is_forged(asked(method="GET", origin="https://evil.example"), "https://tocsin.example")
    assert is_forged(asked(), "https://tocsin.example")
    assert not is_forged(asked(has_header=True), "https://tocsin.example")
    assert is_forged(asked(origin="https://tocsin.example.evil.example"), "https://tocsin.example")
    assert origin_of("HTTPS://Tocsin.Example/x/y") == "https://tocsin.example"


@pytest.mark.parametrize("given", ["", "short", "a" * 65, "a b c d e f g", 'a"}{"level":"x', "a\nb-forged-line"])
def test_a_request_id_that_is_unfit_for_a_log_is_not_taken(given: str) -> None:
    assert request_id(given) == ""


def test_a_trace_is_read_as_the_standard_has_it() -> None:
    trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    assert trace_id(f"00-{trace}-{parent}-01") == trace
    for wrong in (f"ff-{trace}-{parent}-01", f"00-{'0' * 32}-{parent}-01", f"00-{trace}-{'0' * 16}-01", "x" * 9_999):
        assert trace_id(wrong) == ""
