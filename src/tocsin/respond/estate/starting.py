"""The estate that `tocsin estate init` writes: to be filled in, each part with what it is for."""

STARTING = """\
# What you protect, whose it is, and who can contain it. docs/estate.md has every field.
# `tocsin estate check` holds it against the chains and says what differs.
# Name this file in tocsin.toml:
#   [estate]
#   file = "estate.toml"

[[organisation]]
id = "us"                            # every id is yours to choose, and unique in this file
name = "Our organisation"

[[person]]
id = "first"                         # the user name in the API, and after --as
name = "Who is called first"
time_zone = "UTC"                    # such as Europe/Zurich
clearance = "red"                    # the most confidential information this person may be sent (TLP 2.0)
contacts = [                         # in the order in which they are tried; channels.toml has the channels
  { channel = "console", address = "first" },    # printed by `tocsin serve`: to try, not to be woken by
  # { channel = "mail", address = "first@example.org" },
  # { channel = "voice", address = "+41000000000", after_seconds = 120, urgent_only = true },
]
# addresses = ["0x..."]              # what this person signs with

[[team]]
id = "security"
name = "Security"
members = ["first"]
lead = "first"

# A Safe. What it expects is held against the chain: who can sign, how many must, and what goes around signatures.
# [[safe]]
# id = "guardian"
# name = "Guardian Safe"
# owner = "security"
# criticality = "critical"           # low, medium, high, critical
# chain_id = 1
# address = "0x0000000000000000000000000000000000000001"
# expects = { threshold = 1, signers = ["0x0000000000000000000000000000000000000002"], modules = [] }

# An oracle that others read.
# [[oracle]]
# id = "eth-usd"
# owner = "us"
# criticality = "high"
# chain_id = 1
# address = "0x0000000000000000000000000000000000000003"
# expects = { decimals = 8, most_seconds_old = 4000 }

# A contract, what it hangs on, and who can contain it and how. The check tries `call` as that account would send it.
# [[contract]]
# id = "vault"
# name = "Vault"
# owner = "security"
# criticality = "critical"
# chain_id = 1
# address = "0x0000000000000000000000000000000000000004"
# depends_on = ["eth-usd"]
# runbook = "https://wiki.example.org/vault-is-drained"
# contain = [
#   { how = "pause", by = "guardian", call = "pause()", takes_seconds = 900 },
# ]

# What people see of it.
# [[application]]
# id = "front-end"
# owner = "us"
# criticality = "medium"
# url = "https://app.example.org"
# depends_on = ["vault"]
# contain = [{ how = "take_offline", by = "first" }]

# A node of your own.
# [[node]]
# id = "node-1"
# owner = "us"
# criticality = "medium"
# chain_id = 1
# url = "http://127.0.0.1:8545/${NODE_KEY}"    # ${NAME} is an environment variable: write no key here
"""
