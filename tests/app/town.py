"""A bank with a fault on a real node, and the node as a provider shows it who lets through some methods alone."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from node_server import CHAIN_ID, Chain, Node, Refusal, over_http
from tocsin.app.exercise.library import Shelf
from tocsin.chain.contract import Account, Contract, Transaction
from tocsin.edge import npm
from tocsin.edge.anvil import running
from tocsin.edge.local_chain import ARGUMENTS, ETHER, LocalChain, SharedClock
from tocsin.edge.signer import Keys
from tocsin.model.errors import EndpointRefused

START = 1_764_000_000


@dataclass
class Town:
    """A bank with a fault on a node that mines when told to, its customers, and somebody who means it ill."""

    chain: LocalChain
    shelf: Shelf
    bank: Contract
    customer: Account
    attacker: Account

    def attack(self, contract: Contract) -> Transaction:
        return contract.by(self.attacker, "run", value=5 * ETHER, gas=8_000_000)

    def attackers_contract(self) -> Contract:
        return self.chain.deploy(self.attacker, self.shelf.own("ReentrancyAttacker"), self.bank)


@pytest.fixture
def town(anvil_binary: Path) -> Iterator[Town]:
    with running(anvil_binary, CHAIN_ID, (*ARGUMENTS, "--timestamp", str(START))) as node:
        chain, shelf = LocalChain(node, Keys("pending"), SharedClock(START)), Shelf(npm.packages_directory(os.environ))
        customer, attacker = chain.account("customer"), chain.account("attacker")
        bank = chain.deploy(customer, shelf.own("VulnerableBank"), customer)
        chain.do(bank.by(customer, "deposit", value=40 * ETHER))
        yield Town(chain, shelf, bank, customer, attacker)


@contextmanager
def showing(town: Town, *methods: str) -> Iterator[str]:
    """The same node, as a provider shows it who lets through these methods alone."""
    node = Node(Chain(1))
    node.methods = {name: passed_on(town, name) for name in methods}
    with over_http(node):
        yield node.url


def passed_on(town: Town, method: str) -> Callable[..., Any]:
    """Asks the node, and refuses what it refuses."""

    def ask(*parameters: Any) -> Any:
        try:
            return town.chain.node.request(method, *parameters)
        except EndpointRefused as refused:
            raise Refusal(-32000, str(refused)) from refused

    return ask
