"""From JSON-RPC bytes to raw datasets."""
