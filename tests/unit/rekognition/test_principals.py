"""Access keys: whose call it is."""

import json
from pathlib import Path

import pytest

from local.rekognition.principals import PrincipalsReader

ROLE = "arn:aws:sts::000000000000:assumed-role/team-role/session"


def write(path: Path, entries: dict[str, dict[str, str]]) -> None:
    beside = path.with_name("new")
    beside.write_text(json.dumps(entries))
    beside.replace(path)


def test_a_new_key_is_known_at_once(tmp_path: Path) -> None:
    """Else the first call of a new function instance would be refused."""
    path = tmp_path / "principals.json"
    principals = PrincipalsReader(path)
    assert principals.find("ASIAONE") is None
    write(path, {"ASIAONE": {"arn": ROLE, "secret_access_key": "one"}})
    found = principals.find("ASIAONE")
    assert found is not None
    assert (found.role_name, found.account, found.secret) == ("team-role", "000000000000", "one")
    assert not found.is_root
    write(path, {"ASIATWO": {"arn": ROLE, "secret_access_key": "two"}})
    assert principals.find("ASIAONE") is None
    assert principals.find("ASIATWO") is not None


@pytest.mark.parametrize(("key", "account"), [("test", "000000000000"), ("123456789012",) * 2])
def test_root_keys_need_no_file(key: str, account: str) -> None:
    """Else Terraform and the tests could not call as root."""
    found = PrincipalsReader(None).find(key)
    assert found is not None
    assert (found.is_root, found.account) == (True, account)


def test_a_user_has_no_role(tmp_path: Path) -> None:
    """Else a user would get the rights of a role with the user's name."""
    path = tmp_path / "principals.json"
    write(path, {"AKIA": {"arn": "arn:aws:iam::000000000000:user/team-role"}})
    found = PrincipalsReader(path).find("AKIA")
    assert found is not None
    assert found.role_name is None
