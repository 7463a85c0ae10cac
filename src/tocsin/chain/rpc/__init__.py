"""JSON-RPC to nodes as values: questions, answers, what a node can do, what to ask it, when. No IO."""
