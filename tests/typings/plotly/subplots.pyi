# Left untyped for the type checker: its inline types refuse much that works.
from typing import Any

def __getattr__(name: str) -> Any: ...
