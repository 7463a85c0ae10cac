"""
What was captured of a chain, held against itself: hashes and roots prove what needs no trust in a node.

The hash of the block proves its header; the header proves transactions, receipts, and the state of accounts. A trace
and a state difference are a node's word: two nodes that agree are named, and nothing is called proven.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from eth_hash.auto import keccak

from tocsin.chain import deep_json
from tocsin.chain.proofs import account, block
from tocsin.chain.proofs.block import Unprovable
from tocsin.model.errors import InconsistentInput, InputError
from tocsin.respond.evidence.standalone import FAIL, OPEN, PASS, Told

Json = Mapping[str, Any]
_ANY: "msgspec.json.Decoder[Any]" = msgspec.json.Decoder()


def proven(name: str, data: bytes) -> tuple[Told, ...]:
    """What the capture in this file proves of itself; never raises for what stands in it."""
    try:
        told = deep_json.decode(_ANY, data)
        return tuple(Told(f"{name}: {each.what}", each.outcome, each.says) for each in proofs(told))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return (Told(name, FAIL, f"is no capture: {type(error).__name__}"),)


def proofs(captured: Json) -> tuple[Told, ...]:
    """What a capture proves of itself."""
    try:
        return tuple(_proofs(captured))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        return (Told("capture", FAIL, f"does not have the form of one: {type(error).__name__}"),)


def _proofs(captured: Json) -> Iterator[Told]:
    answers = {each["question"]: each["answer"] for each in captured["answers"] if each.get("answer") is not None}
    head = answers.get("block")
    if head is None:
        yield Told("block", OPEN, "no node gave it: nothing can be proven")
        return
    wanted = captured["block"]["hash"]
    if str(head["hash"]).lower() != wanted.lower():
        yield Told("block header", FAIL, f"is of the block {head['hash']}, not of {wanted}")
        return
    header = _told("block header", "has the hash of the block", lambda: _same(block.header_hash(head).hex(), wanted))
    if header.outcome != PASS:
        # Some chains hash their headers in another way: what nobody can prove is not called false.
        yield Told("block header", OPEN, f"is not proven, and nothing that rests on it: {header.says}")
        return
    yield header
    yield from _transactions(captured, answers, head)
    yield from _accounts(answers, head)


def _transactions(captured: Json, answers: Json, head: Json) -> Iterator[Told]:
    receipts, sent_all = answers.get("receipts"), head["transactions"]
    roots = []
    if sent_all and isinstance(sent_all[0], dict):
        roots.append(_rooted("transactions", lambda: block.transactions_root(head), head["transactionsRoot"]))
    if receipts is not None:
        roots.append(_rooted("receipts", lambda: block.receipts_root(receipts), head["receiptsRoot"]))
    yield from roots
    wanted, sent, receipt = captured["transaction"], answers.get("transaction"), answers.get("receipt")
    if sent is not None:
        yield _told("transaction", "has its hash", lambda: _same(block.transaction_hash(sent).hex(), wanted))
    if receipt is not None:
        is_proven = len(roots) == len(("transactions", "receipts")) and all(each.outcome == PASS for each in roots)
        fine = "is the transaction's, in the block of the header"
        yield _told("receipt", fine, lambda: _is_receipt(receipt, wanted, head, receipts if is_proven else None))


def _rooted(what: str, root: Callable[[], bytes], wanted: str) -> Told:
    return _told(what, "are those of the header", lambda: _same(root().hex(), wanted))


def _accounts(answers: Json, head: Json) -> Iterator[Told]:
    root = block.data(head, "stateRoot")
    for question, answer in answers.items():
        kind, _, address = question.partition(" ")
        if kind == "proof":
            yield _told(question, "follows from the state root", partial(account.check_account, answer, root))
        elif kind == "code" and (shown := answers.get(f"proof {address}")) is not None:
            yield _told(question, "has the hash that the account proves", partial(_code, answer, shown))


def _code(code: str, shown: Json) -> None:
    found = keccak(bytes.fromhex(code.removeprefix("0x")))
    if found != block.data(shown, "codeHash") and not (code == "0x" and block.data(shown, "codeHash") == bytes(32)):
        raise InconsistentInput("has another hash than the account proves")


def _is_receipt(receipt: Json, wanted: str, head: Json, receipts: Sequence[Json] | None) -> None:
    """At the place of the transaction in the block; compared is what the chain hashes, not how a node writes it."""
    if receipts is None:
        raise Unprovable("rests on the transactions and receipts of the whole block, which are not proven")
    if str(receipt.get("blockHash")).lower() != head["hash"].lower():
        raise Unprovable(f"says that it is of the block {receipt.get('blockHash')}, and this capture is of another")
    hashes = [block.transaction_hash(each).hex() for each in head["transactions"]]
    if (digits := wanted.removeprefix("0x").lower()) not in hashes:
        raise InconsistentInput(f"is of a transaction that is not in the block {head['hash']}")
    if block.receipt(receipt) != block.receipt(receipts[hashes.index(digits)]):
        raise InconsistentInput("is another one than the block has for the transaction")


def _same(found: str, wanted: str) -> None:
    if found != wanted.removeprefix("0x").lower():
        raise InconsistentInput(f"do not agree with the block: {found} is worked out, {wanted} is said")


def _told(what: str, fine: str, check: Callable[[], None]) -> Told:
    try:
        check()
    except Unprovable as error:
        return Told(what, OPEN, str(error))
    except InputError as error:
        return Told(what, FAIL, str(error))
    return Told(what, PASS, fine)
