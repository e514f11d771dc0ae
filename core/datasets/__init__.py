"""Data sets: what there is, where it lies, and safe readers of the official archives."""

from core.datasets.archives import (
    MAX_MEMBER_BYTES,
    find_member,
    iter_members,
    member_names,
    open_member,
    open_text,
    read_member,
)
from core.datasets.registry import REGISTRY, DataSet, check_counts, lookup
from core.datasets.store import LocalData, data_dir, ensure
from core.datasets.tables import read_csv_member, read_double_colon_member

__all__ = [
    "MAX_MEMBER_BYTES",
    "REGISTRY",
    "DataSet",
    "LocalData",
    "check_counts",
    "data_dir",
    "ensure",
    "find_member",
    "iter_members",
    "lookup",
    "member_names",
    "open_member",
    "open_text",
    "read_csv_member",
    "read_double_colon_member",
    "read_member",
]
