"""TTML: read as TTML 1 and 2, written after the IMSC 1.1 text profile (W3C).

pysubs2 knows neither regions nor agents nor frames here, so the XML is read and written directly.
A document type is refused before parsing: no entity is ever expanded.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from fractions import Fraction

from studio.media.subtitle_io.text import MAX_CUES, BrokenText, form_time, is_sound, shown_lines
from studio.types.subtitles import Cue, Subtitles
from studio.types.timecode import FrameRate

_TT = "http://www.w3.org/ns/ttml"
_SPACES = {
    "": _TT,
    "ttp": f"{_TT}#parameter",
    "tts": f"{_TT}#styling",
    "ttm": f"{_TT}#metadata",
}
_XML = "{http://www.w3.org/XML/1998/namespace}"
_PROFILE = f"{_TT}/profile/imsc1.1/text"
_CLOCK = re.compile(r"(\d{2,4}):(\d{2}):(\d{2})(?:\.(\d{1,9})|:(\d{2,3})(?:\.\d+)?)?")
_OFFSET = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(h|ms|m|s|f|t)")
_MAX_DEPTH = 50


class _Units:
    """How long a frame and a tick of a document are."""

    def __init__(self, root: ET.Element) -> None:
        def parameter(name: str, default: str) -> str:
            return next((v for k, v in root.attrib.items() if _name(k) == name), default)

        try:
            up, down = (int(n) for n in parameter("frameRateMultiplier", "1 1").split())
            self.fps = Fraction(int(parameter("frameRate", "30")) * up, down)
            given = parameter("tickRate", "")
            # Without a tick rate a tick is a frame where there are frames, else a second.
            frames = parameter("frameRate", "")
            self.ticks = Fraction(int(given)) if given else self.fps if frames else Fraction(1)
            if self.fps <= 0 or self.ticks <= 0:
                raise ValueError("not positive")
        except (ValueError, ZeroDivisionError) as exc:
            raise BrokenText("its frame rate or tick rate is no number") from exc

    def seconds(self, text: str) -> Fraction:
        """A time expression."""
        clock, offset = _CLOCK.fullmatch(text.strip()), _OFFSET.fullmatch(text.strip())
        if clock:
            whole = int(clock[1]) * 3600 + int(clock[2]) * 60 + int(clock[3])
            part = Fraction(int(clock[4] or 0), 10 ** len(clock[4] or ""))
            return whole + part + int(clock[5] or 0) / self.fps
        if offset:
            lengths = {
                "h": Fraction(3600),
                "m": Fraction(60),
                "s": Fraction(1),
                "ms": Fraction(1, 1000),
                "f": 1 / self.fps,
                "t": 1 / self.ticks,
            }
            return Fraction(offset[1]) * lengths[offset[2]]
        raise BrokenText(f"{text[:40]!r} is no time of TTML")


def _name(tag: str) -> str:
    return tag.rpartition("}")[2]


def parse(text: str) -> Subtitles:
    """The paragraphs of a document that have times.

    Raises:
        BrokenText: no well-formed XML, no TTML, a document type, or a time that is none.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise BrokenText("a document type, which subtitles have no need of, is not read")
    try:
        root = ET.fromstring(text)
    except (ET.ParseError, ValueError) as exc:
        line = exc.position[0] if isinstance(exc, ET.ParseError) else 0
        raise BrokenText(f"no well-formed XML: {exc}", line) from exc
    if _name(root.tag) != "tt":
        raise BrokenText(f"the document is {_name(root.tag)[:40]!r}, not TTML")
    units = _Units(root)
    agents = {
        e.get(f"{_XML}id", ""): " ".join("".join(e.itertext()).split())
        for e in root.iter()
        if _name(e.tag) == "agent"
    }
    above = {
        e.get(f"{_XML}id", "")
        for e in root.iter()
        if _name(e.tag) == "region" and _styling(e, "displayAlign") == "before"
    }
    cues: list[Cue] = []
    body = next((e for e in root if _name(e.tag) == "body"), None)
    if body is not None:
        _walk(body, units, agents, above, cues)
    language = root.get(f"{_XML}lang", "").split("-")[0].lower()
    return Subtitles(language, tuple(cues))


def _styling(element: ET.Element, name: str) -> str:
    """A styling attribute of an element, or of a style child of a region."""
    for each in (element, *element):
        for key, value in each.attrib.items():
            if _name(key) == name:
                return str(value)
    return ""


def _walk(
    body: ET.Element,
    units: _Units,
    agents: dict[str, str],
    above: set[str],
    cues: list[Cue],
) -> None:
    # A list and not recursion: a hostile file may be nested without end.
    waiting = [(body, Fraction(0), body.get("region", ""), 0)]
    while waiting:
        element, begin, region, depth = waiting.pop()
        if depth > _MAX_DEPTH:
            raise BrokenText(f"elements nested more than {_MAX_DEPTH} deep", too_much=True)
        region = element.get("region", region)
        if _name(element.tag) == "p":
            if len(cues) == MAX_CUES:
                raise BrokenText(f"more than {MAX_CUES:,} cues", too_much=True)
            cue = _cue(element, units, begin, agents, region in above)
            if cue is not None:
                cues.append(cue)
            continue
        if element.get("timeContainer", "par") != "par":
            raise BrokenText("times in sequence (timeContainer) are not read")
        begin += units.seconds(element.get("begin", "0s"))
        waiting += [(child, begin, region, depth + 1) for child in reversed(element)]


def _cue(
    p: ET.Element, units: _Units, begin: Fraction, agents: dict[str, str], at_top: bool
) -> Cue | None:
    lines = tuple(" ".join(line.split()) for line in _text(p).split("\n"))
    if p.get("begin") is None or (p.get("end") is None and p.get("dur") is None):
        if any(lines):
            raise BrokenText(f"the paragraph {lines[0][:40]!r} has no times")
        return None
    start = begin + units.seconds(p.get("begin", ""))
    if p.get("end") is not None:
        end = begin + units.seconds(p.get("end", ""))
    else:
        end = start + units.seconds(p.get("dur", ""))
    if end < start:
        raise BrokenText(f"the paragraph {lines[0][:40]!r} ends before it begins")
    agent = next((v for k, v in p.attrib.items() if _name(k) == "agent"), "")
    parts = [p] if (p.text or "").strip() else [e for e in p if _name(e.tag) == "span"]
    slanted = bool(parts) and all(_styling(e, "fontStyle") == "italic" for e in parts)
    return Cue(
        start,
        end,
        lines if any(lines) else (),
        speaker=agents.get(agent, ""),
        kind="sound" if is_sound(" ".join(lines)) else "speech",
        at_top=at_top,
        italic=slanted or _styling(ET.Element("p", p.attrib), "fontStyle") == "italic",
    )


def _text(p: ET.Element) -> str:
    """The text of a paragraph; a line break only where the document says so."""
    parts: list[str] = []
    waiting: list[ET.Element | str] = [p]
    depth = 0
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            parts.append(" ".join(item.split("\n")) if item.strip() else " ")
            continue
        depth += 1
        if depth > MAX_CUES:
            raise BrokenText("a paragraph with too many parts", too_much=True)
        if _name(item.tag) == "br":
            parts.append("\n")
        inside: list[ET.Element | str] = [item.text] if item.text else []
        for child in item:
            if _name(child.tag) in ("span", "br"):
                inside.append(child)
            if child.tail:
                inside.append(child.tail)
        waiting += reversed(inside)
    return "".join(parts).strip()


def form(subtitles: Subtitles, rate: FrameRate | None) -> str:
    """The text of a document: media time, in frames where the rate is known.

    Cues stand in one of two regions, centred, at the lower or the upper edge; speakers are
    agents.
    """
    root = ET.Element("tt", {f"{_XML}lang": subtitles.language, "xmlns": _TT})
    for prefix in ("ttp", "tts", "ttm"):
        root.set(f"xmlns:{prefix}", _SPACES[prefix])
    root.set("ttp:timeBase", "media")
    root.set("ttp:contentProfiles", _PROFILE)
    if rate is not None:
        root.set("ttp:frameRate", f"{rate.nominal}")
        multiplier = rate.fps / rate.nominal
        root.set("ttp:frameRateMultiplier", f"{multiplier.numerator} {multiplier.denominator}")
    head = ET.SubElement(root, "head")
    speakers = list(dict.fromkeys(c.speaker for c in subtitles.cues if c.speaker))
    if speakers:
        metadata = ET.SubElement(head, "metadata")
        for number, speaker in enumerate(speakers, 1):
            agent = ET.SubElement(
                metadata, "ttm:agent", {f"{_XML}id": f"a{number}", "type": "person"}
            )
            ET.SubElement(agent, "ttm:name", {"type": "full"}).text = speaker
    styling = ET.SubElement(head, "styling")
    ET.SubElement(
        styling,
        "style",
        {
            f"{_XML}id": "text",
            "tts:color": "white",
            "tts:fontFamily": "proportionalSansSerif",
            "tts:fontSize": "100%",
            "tts:textAlign": "center",
        },
    )
    layout = ET.SubElement(head, "layout")
    for region, align in (("bottom", "after"), ("top", "before")):
        ET.SubElement(
            layout,
            "region",
            {
                f"{_XML}id": region,
                "tts:origin": "10% 10%",
                "tts:extent": "80% 80%",
                "tts:displayAlign": align,
                "tts:showBackground": "whenActive",
            },
        )
    body = ET.SubElement(root, "body", {"style": "text"})
    division = ET.SubElement(body, "div")
    for number, cue in enumerate(subtitles.cues, 1):
        p = ET.SubElement(
            division,
            "p",
            {
                f"{_XML}id": f"c{number}",
                "region": "top" if cue.at_top else "bottom",
                "begin": _time(cue.start, rate),
                "end": _time(cue.end, rate),
            },
        )
        if cue.speaker:
            p.set("ttm:agent", f"a{speakers.index(cue.speaker) + 1}")
        holder = ET.SubElement(p, "span", {"tts:fontStyle": "italic"}) if cue.italic else p
        lines = [_legal(line) for line in shown_lines(cue)]
        holder.text = lines[0] if lines else ""
        for line in lines[1:]:
            ET.SubElement(holder, "br").tail = line
    # Indented down to the paragraphs and no further: white space inside them is text.
    _indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _time(seconds: Fraction, rate: FrameRate | None) -> str:
    if rate is not None and (seconds * rate.fps).denominator == 1:
        return f"{max(0, (seconds * rate.fps).numerator)}f"
    return form_time(seconds, ".")


def _legal(text: str) -> str:
    """Text without the control characters that XML cannot hold."""
    return re.sub(r"[^\t\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)


def _indent(element: ET.Element, depth: int = 0) -> None:
    if element.tag == "p" or not len(element):
        return
    element.text = "\n" + "  " * (depth + 1)
    for child in element:
        _indent(child, depth + 1)
        child.tail = "\n" + "  " * (depth + 1)
    element[-1].tail = "\n" + "  " * depth
