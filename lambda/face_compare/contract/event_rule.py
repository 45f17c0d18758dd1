"""The rule that an event asks for. It can only be stricter than the module's."""

from collections.abc import Mapping

from face_compare.model.errors import InvalidRequestError
from face_compare.model.rule import QUALITY_FILTERS, QualityFilter, Rule, is_at_least


def stricter_rule(event: Mapping[str, object], module: Rule, *, require_single_face: bool) -> Rule:
    """Return the rule that an event asks for. What it does not mention is the module's.

    Raises:
        InvalidRequestError: A member has another form, or would make the rule less strict.
    """
    match = _stricter_threshold(event, "similarity_threshold", module.similarity_threshold)
    if match is None:
        match = module.similarity_threshold
    review = _stricter_threshold(event, "review_threshold", module.review_threshold)
    if review is None:
        review = module.review_threshold
    elif review >= match:
        raise InvalidRequestError(
            f"review_threshold {review:g} must be below the similarity_threshold {match:g}."
        )
    if module.require_single_face and not require_single_face:
        raise InvalidRequestError(
            "require_single_face is set by the module. An event cannot switch it off."
        )
    return Rule(match, review, require_single_face, _quality_filter(event, module.quality_filter))


def _quality_filter(event: Mapping[str, object], module: QualityFilter) -> QualityFilter:
    value = event.get("quality_filter")
    if value is None:
        return module
    chosen = next((each for each in QUALITY_FILTERS if each == value), None)
    if chosen is None:
        raise InvalidRequestError(f"quality_filter must be one of {', '.join(QUALITY_FILTERS)}.")
    if is_at_least(chosen, module):
        return chosen
    if chosen != "NONE" and "AUTO" in (chosen, module):
        raise InvalidRequestError(
            f"quality_filter {chosen} cannot be compared with the module's {module}, because "
            "Rekognition chooses how strict AUTO is. Leave it out."
        )
    raise InvalidRequestError(
        f"quality_filter {chosen} is weaker than the module's {module}. An event can only make it "
        "stricter. To make it weaker, change the module's input."
    )


def _stricter_threshold(
    event: Mapping[str, object], member: str, module_threshold: float | None
) -> float | None:
    """Return the event's threshold, None if it has none. It must not be below the module's."""
    value = event.get(member)
    if value is None:
        return None
    # bool is a subclass of int: True would pass as the threshold 1.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidRequestError(
            f"{member} must be a number from 0 to 100, not a string or a boolean."
        )
    # This form refuses NaN too, which is neither above nor below anything.
    if not 0 <= value <= 100:
        raise InvalidRequestError(f"{member} must be between 0 and 100.")
    if 0 < value <= 1:
        raise InvalidRequestError(
            f"{member} is on a scale of 0 to 100, so {value} means {value} %. "
            f"Send {value * 100:g} if a fraction was meant."
        )
    if module_threshold is not None and value < module_threshold:
        raise InvalidRequestError(
            f"{member} {value:g} is below the module's {module_threshold:g}. An event can only "
            "raise it. To lower it, change the module's input."
        )
    return float(value)
