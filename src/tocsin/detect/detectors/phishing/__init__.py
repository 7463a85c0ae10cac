"""People tricked into paying or approving the wrong account."""
