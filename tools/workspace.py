"""A copy of the Terraform files, so that init and its traces stay out of the working tree."""

import shutil
from pathlib import Path

from tools.places import REPOSITORY

_FOLDERS = ("examples", "lambda", "modules", "tests")
_LEFT_OUT = shutil.ignore_patterns(
    ".terraform", ".terraform.lock.hcl", "*.tfstate*", "*_override.tf", "*.tfvars", "*.py", "*.pyc"
)


def copy_to(target: Path, repository: Path = REPOSITORY) -> Path:
    """Copy every module, example, native test and the function's zip; answers `target`.

    Relative module paths keep working, as the folders keep their places.
    """
    target.mkdir(parents=True, exist_ok=True)
    for path in repository.glob("*.tf"):
        if not path.name.endswith("_override.tf"):
            shutil.copy(path, target)
    for name in (".tflint.hcl", ".terraform-docs.yml", "README.md"):
        if (repository / name).is_file():
            shutil.copy(repository / name, target)
    for name in _FOLDERS:
        if (repository / name).is_dir():
            shutil.copytree(repository / name, target / name, ignore=_LEFT_OUT)
    return target


def modules(root: Path) -> list[Path]:
    """The folders that hold a configuration: the root and whatever has .tf files below it."""
    found = {path.parent for path in root.rglob("*.tf") if ".terraform" not in path.parts}
    return sorted(found)
