"""The emulator's saved queries, which upstream lacks."""

from __future__ import annotations

from local.emulator.saved_queries import SavedQueries

QUERY = {"logGroupNames": ["/aws/lambda/fc"], "name": "fc/photo", "queryString": "fields @message"}


def test_a_saved_query_is_found_changed_and_deleted() -> None:
    """Else a plan would show changes that are none, or a destroy would leave queries unseen."""
    queries = SavedQueries()
    identity = queries.put(QUERY)["queryDefinitionId"]
    queries.put({**QUERY, "name": "other/photo"})
    changed = {**QUERY, "queryDefinitionId": identity, "queryString": "fields @timestamp"}
    assert queries.put(changed) == {"queryDefinitionId": identity}

    (found,) = queries.describe({"queryDefinitionNamePrefix": "fc/"})["queryDefinitions"]
    assert {name: found[name] for name in QUERY} == {**QUERY, "queryString": "fields @timestamp"}
    assert len(queries.describe({})["queryDefinitions"]) == 2

    assert queries.delete({"queryDefinitionId": identity}) == {"success": True}
    assert queries.delete({"queryDefinitionId": identity}) == {"success": False}
    assert queries.describe({"queryDefinitionNamePrefix": "fc/"}) == {"queryDefinitions": []}
