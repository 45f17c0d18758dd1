"""For each example: apply, a second plan, destroy."""

from __future__ import annotations

from acceptance.inputs import INPUTS
from acceptance.model import AT_THE_END, Scene, Verdict, check
from acceptance.names import EXAMPLES, NETWORK_EXAMPLE

_EXTRA = {NETWORK_EXAMPLE: "network"}
GONE_SECONDS = 120.0
"""AWS's lists show a deletion after some time."""
_LATE_SECONDS = 90.0
"""Until then, a late record has arrived."""
_LATE_SECONDS_LOCAL = 5.0


def apply(scene: Scene) -> Verdict:
    """Apply the example of a scene."""
    scene.apply()
    return True, f"{len(scene.outputs)} outputs"


def _second_plan(scene: Scene) -> Verdict:
    changes = scene.drift()
    return not changes, changes or "no change"


for _example in (*EXAMPLES, NETWORK_EXAMPLE):
    _more = " with every other input" if _example in INPUTS else ""
    check(
        f"apply-{_example}",
        f"AWS takes all that examples/{_example}{_more} asks for, in one apply from nothing.",
        "the apply succeeds",
        on=_example,
        row=10,
        extra=_EXTRA.get(_example),
    )(apply)
    check(
        f"second-plan-{_example}",
        f"AWS keeps everything that examples/{_example} sets, as it was set.",
        "a second plan changes nothing",
        on=_example,
        not_local=(
            "the emulator forgets attributes of alarms" if _example == "monitored" else None
        ),
        extra=_EXTRA.get(_example),
    )(_second_plan)


@check(
    "destroy-leaves-nothing",
    "A destroy removes everything that an apply and the use of it have made.",
    "destroy succeeds, and nothing with the run's name or tag is left",
    on=AT_THE_END,
)
def destroy_leaves_nothing(scene: Scene) -> Verdict:
    """Destroy every example, and list what is there."""
    problems = scene.destroy()
    try:
        scene.wait(lambda: not scene.left(), GONE_SECONDS, "empty lists")
    except AssertionError:
        problems += [f"left: {each}" for each in scene.left()]
    return not problems, "; ".join(problems) or "nothing left"


@check(
    "late-record-brings-nothing-back",
    "A record that is late cannot make the log group again, because the role must not.",
    "no log group a minute and a half after the destroy",
    on=AT_THE_END,
)
def late_record_brings_nothing_back(scene: Scene) -> Verdict:
    """Look for log groups until no record can be on its way any more."""
    logs = scene.client("logs")

    def groups() -> list[str]:
        prefix = f"/aws/lambda/{scene.name}-"
        found = logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
        return [str(each["logGroupName"]) for each in found]

    try:
        seconds = _LATE_SECONDS if scene.endpoint is None else _LATE_SECONDS_LOCAL
        found = scene.wait(groups, seconds, "a log group")
    except AssertionError:
        return True, "no log group"
    return False, found
