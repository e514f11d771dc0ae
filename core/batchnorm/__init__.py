"""Batch norm: how it works, and how it enters a trained net without changing what the net says."""
