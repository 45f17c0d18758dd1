"""What is checked, by subject, in the order of the run."""

from importlib import import_module

_SUBJECTS = (
    *("deploy", "free", "main_job", "images", "crashes"),
    *("http", "uploads", "lists", "monitored", "network"),
)

for _subject in _SUBJECTS:
    # Adds its checks to the list.
    import_module(f"acceptance.checks.{_subject}")
