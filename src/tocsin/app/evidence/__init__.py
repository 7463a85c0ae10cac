"""Evidence: custody, capture, checkpoints, bundles."""
