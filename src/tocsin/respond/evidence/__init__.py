"""Evidence: the tree over the journal, signed checkpoints of it, and bundles that prove what happened."""
