"""Trainings with and without batch norm, and how nets are fitted."""
