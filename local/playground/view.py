"""The page and its parts as HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.pages.parts import Picture, score, source_boxes, target_boxes, templates
from local.photos import Album, Photo
from local.playground.arrivals import Arrival
from local.playground.shelf import MOST_BYTES
from local.playground.ways import Deployment, Event
from local.use import Invoked

FOLDER = Path(__file__).parent
_SMALL = 200
_TEMPLATES = templates(FOLDER, style="data-style")


@dataclass(frozen=True, slots=True)
class Called:
    """A call of the function, from the chosen photos to the log."""

    reference: Photo
    challenges: Sequence[Photo]
    event: Event
    outcome: Invoked
    records: Sequence[Mapping[str, Any]]

    def entries(self) -> Sequence[Mapping[str, Any]]:
        """What the function says of each challenge photo; of none if it failed."""
        answer = self.outcome.answer
        if answer is None:
            return [{}] * len(self.challenges)
        return [
            {"similarity_threshold": answer["similarity_threshold"], **entry}
            for entry in answer.get("results", [answer])
        ]

    def summary(self) -> str:
        """What a screen reader says."""
        if self.outcome.answer is None:
            return f"{self.outcome.error_type}. {self.outcome.error_message}"
        pairs = zip(self.challenges, self.entries(), strict=True)
        return " ".join(f"{photo.name}: {said(entry)}" for photo, entry in pairs)


def said(entry: Mapping[str, Any]) -> str:
    """One decision or error in words."""
    if "error" in entry:
        return f"{entry['error']['type']}."
    decision = str(entry["decision"]).replace("_", " ")
    return f"{decision}, similarity {score(entry['similarity'])}."


def page(album: Album, deployment: Deployment, subject: str, event: Event) -> str:
    """The page as it is at first."""
    return _TEMPLATES.get_template("page.html.j2").render(
        choices={
            "reference": list(_choices("reference", album.references)),
            "challenge": list(_choices("challenge", album.challenges)),
        },
        most_bytes=MOST_BYTES,
        ways=deployment.ways(subject, event),
    )


def _choices(kind: str, photos: Sequence[Photo]) -> Iterator[str]:
    for place, photo in enumerate(photos):
        yield choice(kind, photo.name, photo, chosen=place == 0)


def choice(kind: str, identity: str, photo: Photo, *, chosen: bool) -> str:
    """A photo to choose as reference or challenge."""
    return _TEMPLATES.get_template("choice.html.j2").render(
        kind=kind, identity=identity, picture=Picture.of(photo, (), _SMALL), chosen=chosen
    )


def called(call: Called, deployment: Deployment) -> str:
    """A call and what it came to."""
    entries = call.entries()
    decided = [entry for entry in entries if "source" in entry and "face" in entry["source"]]
    return _TEMPLATES.get_template("called.html.j2").render(
        call=call,
        reference=Picture.of(call.reference, source_boxes(decided[0]) if decided else ()),
        cards=[
            (_picture(photo, entry), entry)
            for photo, entry in zip(call.challenges, entries, strict=True)
        ],
        texts=[
            ("Event", _TEMPLATES.filters["pretty"](call.event)),
            ("Answer", _TEMPLATES.filters["pretty"](call.outcome.payload)),
            ("AWS CLI", deployment.invoke_command(call.event)),
            ("curl", deployment.curl_command(call.event)),
            ("boto3", deployment.boto3_code(call.event)),
        ],
    )


def arrived(arrival: Arrival) -> str:
    """A photo that was compared because it arrived."""
    return _TEMPLATES.get_template("arrived.html.j2").render(
        arrival=arrival, picture=_picture(arrival.photo, arrival.result), entry=arrival.result
    )


def _picture(photo: Photo, entry: Mapping[str, Any]) -> Picture:
    return Picture.of(photo, target_boxes(entry) if "decision" in entry else ())
