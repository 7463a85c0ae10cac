"""Messages that the examples of every kind of channel use."""

from tocsin.model.priority import Priority
from tocsin.respond.message import Message, MessageKind

NOW = 1_790_000_000.0
"""2026-09-21 14:13:20 UTC."""

PAGE = Message(
    key="page-7",
    subject="incident:INC-2026-0042",
    kind=MessageKind.PAGE,
    title="Reentrancy drains the bank",
    text="1,200 ETH left in 3 transactions.\nThe pause is ready.",
    priority=Priority.P1,
    tlp="amber",
    facts=(("Chain", "Ethereum"), ("Block", "21,000,000")),
    link="https://tocsin.example.org/incidents/INC-2026-0042",
    acknowledge_link="https://tocsin.example.org/ack/dG9rZW4",
)
"""What somebody is woken with."""

RESOLVED = Message(
    key="page-7:resolved",
    subject="incident:INC-2026-0042",
    kind=MessageKind.RESOLVED,
    title="The bank is paused",
    text="Nothing more to do.",
    priority=Priority.P1,
    tlp="amber",
)
"""What takes the page back."""
