"""Attacks with known truth: what the range plays, what is true of it, and how detection is scored. No IO."""
