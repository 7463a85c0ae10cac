"""What hashes prove of a block: its header, its transactions and receipts, and the state of accounts after it."""
