"""Estates that several test files use."""

VAULT, TOKEN, ORACLE, GUARDIAN = ("0x" + digit * 40 for digit in "1234")
ADA, BEN = "0x" + "a" * 40, "0x" + "b" * 40

ACME = f"""
[[organisation]]
id = "acme"
name = "Acme"

[[person]]
id = "ada"
name = "Ada Lovelace"
time_zone = "Europe/London"
clearance = "red"
addresses = ["{ADA}"]
contacts = [
  {{ channel = "telegram", address = "12345" }},
  {{ channel = "voice", address = "+4412345", after_seconds = 120, urgent_only = true }},
]

[[person]]
id = "ben"
name = "Ben"
addresses = ["{BEN}"]

[[team]]
id = "protocol"
name = "Protocol team"
members = ["ada", "ben"]
lead = "ben"

[[safe]]
id = "guardian"
owner = "acme"
criticality = "high"
chain_id = 1
address = "{GUARDIAN}"
expects = {{ threshold = 1, signers = ["{ADA}", "{BEN}"], modules = [] }}

[[token]]
id = "acm"
name = "ACM token"
owner = "acme"
criticality = "medium"
chain_id = 1
address = "{TOKEN}"

[[oracle]]
id = "feed"
name = "ETH price"
owner = "acme"
criticality = "low"
chain_id = 1
address = "{ORACLE}"

[[contract]]
id = "vault"
name = "Vault"
owner = "protocol"
criticality = "critical"
chain_id = 1
address = "{VAULT}"
depends_on = ["feed"]
holds = ["native", "acm"]
runbook = "https://wiki.example.org/vault"
contain = [
  {{ how = "pause", by = "guardian", call = "pause()", takes_seconds = 600 }},
  {{ how = "move_funds", by = "protocol", note = "only when the pause fails" }},
]

[[application]]
id = "front-end"
name = "app.acme.example"
owner = "protocol"
criticality = "medium"
url = "https://app.acme.example"
depends_on = ["vault"]
contain = [{{ how = "take_offline", by = "ada" }}]
"""
