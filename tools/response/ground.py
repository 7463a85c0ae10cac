"""The installation that is killed: two people who are always paged, contracts of the estate, short times to respond."""

from installation import Installation, Watched
from takeovers import Takeovers

CHAIN_ID = 31_337
CONTRACTS = 6
OWN = """
[respond]
clocks = "{folder}/clocks.toml"

[evidence]"""
CLOCKS = """
[target.response]
P1 = "5s"
P2 = "6s"
P3 = "7s"
P4 = "8s"
"""
ON_CALL = """
[[policy]]
id = "all"
rounds = 1
step = [{ to = ["person:ada"] }, { after = "4 s", to = ["person:ben"] }]

[[when]]
policy = "all"
"""
PEOPLE = """
[[person]]
id = "{name}"
name = "{name}"
clearance = "red"
contacts = [
  {{ channel = "mail", address = "{name}@example.org" }},
  {{ channel = "hook", address = "{name}" }},
]
"""
CONTRACT = """
[[contract]]
id = "vault-{number}"
name = "Vault {number}"
owner = "ada"
criticality = "critical"
chain_id = {chain_id}
address = "{address}"
"""


def write(home: Installation, takeovers: Takeovers, *, mail: int, web: int) -> None:
    """Settings, estate, people, who is on call, and short times to respond; the contracts are deployed."""
    start = takeovers.deploy(CONTRACTS)
    chain = Watched(name="local", chain_id=CHAIN_ID, url=takeovers.node.url, start=start)
    home.write([chain], {}, mail=mail, web=web)
    text = home.settings.read_text()
    text = text.replace("\n[evidence]", OWN.format(folder=home.folder))
    home.settings.write_text(text.replace("[estate]\n", f'[estate]\non_call = "{home.folder}/oncall.toml"\n'))
    (home.folder / "clocks.toml").write_text(CLOCKS)
    (home.folder / "oncall.toml").write_text(ON_CALL)
    people = "".join(PEOPLE.format(name=name) for name in ("ada", "ben"))
    contracts = "".join(
        CONTRACT.format(number=number, chain_id=CHAIN_ID, address=address)
        for number, address in enumerate(takeovers.contracts)
    )
    (home.folder / "estate.toml").write_text(people + contracts)


def key_of(home: Installation) -> str:
    """An API key that may report alerts and declare incidents."""
    scopes = ("alert:read", "alert:write", "incident:read", "incident:write")
    made = home.tocsin("users", "key-add", "reporter", *(f"--scope={scope}" for scope in scopes))
    if made.returncode:
        raise SystemExit(made.stderr)
    return made.stdout.strip()
