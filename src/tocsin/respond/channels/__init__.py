"""How people are told: the contract of a channel, what a message says, and what may go to whom."""
