"""What the glossary consists of: a meaning, and where the RFC has it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """What something means.

    meaning: one plain sentence for somebody who knows no cryptography, at most 160 characters.
    section: the source, such as `RFC 5246 §7.4.1.2`; a draft's name where there is no RFC; empty
    where nothing is known.
    """

    meaning: str
    section: str
