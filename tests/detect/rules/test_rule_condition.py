"""Conditions mean what Python means by the same words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_texts import compiled, found, written

from tocsin.detect.rules.condition import condition
from tocsin.detect.rules.document import Mark
from tocsin.detect.rules.logic import All, Is, Logic, Not, Some
from tocsin.model.errors import RuleError

NAMES = ("sel_a", "sel_b", "other", "_helper")
MARK = Mark("rule.yml", 7)


def expressions() -> st.SearchStrategy[str]:
    def longer(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        several = st.lists(inner, min_size=2, max_size=4)
        return st.one_of(
            several.map(" and ".join),
            several.map(" or ".join),
            inner.map("not {}".format),
            inner.map("({})".format),
            inner.map("not ({})".format),
        )

    return st.recursive(st.sampled_from(NAMES), longer, max_leaves=20)


def value(logic: Logic[str], truths: dict[str, bool]) -> bool:
    match logic:
        case Is():
            return truths[logic.leaf]
        case Not():
            return not value(logic.part, truths)
        case All():
            return all(value(part, truths) for part in logic.parts)
        case Some():
            return any(value(part, truths) for part in logic.parts)


@given(expressions(), st.fixed_dictionaries({name: st.booleans() for name in NAMES}))
def test_it_means_what_python_means(text: str, truths: dict[str, bool]) -> None:
    expected = eval(text, {"__builtins__": {}}, truths)  # noqa: S307 - made above of names, and, or, not and brackets
    assert value(condition(text, NAMES, MARK), truths) is expected


@given(expressions(), st.fixed_dictionaries({name: st.booleans() for name in NAMES}))
def test_a_row_is_found_when_python_says_so(text: str, truths: dict[str, bool]) -> None:
    # Each selection asks for its own number; the columns hold it where the selection is to be true.
    columns = dict(zip(NAMES, ("nonce", "gas_limit", "gas_price", "gas_used"), strict=True))
    rules = "\n".join(f"{name}: {{{columns[name]}: {n}}}" for n, name in enumerate(NAMES) if name in text)
    row = {columns[name]: n if truths[name] else 99 for n, name in enumerate(NAMES)}
    detector = compiled(written(f"{rules}\ncondition: {text}", "transaction"), force=True)
    expected = eval(text, {"__builtins__": {}}, truths)  # noqa: S307 - as above
    assert bool(found(detector, transactions=[row])) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 of sel_*", Some((Is("sel_a"), Is("sel_b")))),
        ("any of sel_*", Some((Is("sel_a"), Is("sel_b")))),
        ("all of them", All((Is("sel_a"), Is("sel_b"), Is("other")))),
        ("not 1 of _*", Not(Some((Is("_helper"),)))),
        ("OTHER", None),
        ("other AND NOT sel_a", All((Is("other"), Not(Is("sel_a"))))),
    ],
)
def test_several_at_once(text: str, expected: Any) -> None:
    if expected is None:
        with pytest.raises(RuleError, match="no selection is called 'OTHER'"):
            condition(text, NAMES, MARK)
    else:
        assert condition(text, NAMES, MARK) == expected


@pytest.mark.parametrize("text", ["1 of them", "all of them", "not all of them"])
def test_them_are_refused_where_there_are_none(text: str) -> None:
    with pytest.raises(RuleError, match="`them` are the selections that do not begin with `_`, and there is none"):
        condition(text, ("_helper",), MARK)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sel_a and", "a selection is missing at the end"),
        ("(sel_a", "a bracket is not closed"),
        ("sel_a sel_b", "'sel_b' is one too many"),
        ("sel_c", "did you mean 'sel_"),
        ("1 of x*", "no selection is called 'x*'"),
        ("2 of sel_*", "only `1 of`, `any of` and `all of` are read"),
        ("sel_a | count() > 5", "write a correlation"),
        ("not " * 40 + "other", "more than 30 brackets and negations"),
        ("(" * 40 + "other" + ")" * 40, "more than 30 brackets and negations"),
        ("other or " * 300 + "other", "more than 500 words"),
        ("sel_a && sel_b", "'&' means nothing here"),
        ("", "a selection is missing at the end"),
    ],
)
def test_what_is_refused_names_the_place(text: str, says: str) -> None:
    with pytest.raises(RuleError) as refused:
        condition(text, NAMES, MARK)
    assert str(refused.value).startswith("rule.yml:7: condition: ")
    assert says in str(refused.value)
