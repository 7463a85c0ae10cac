"""Sources as values: what to ask for a range of blocks, and what the answers mean. No IO."""
