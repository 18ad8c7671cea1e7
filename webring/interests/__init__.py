"""Interests: a vocabulary of our own, tags brought to its slugs, and interests read off a text.

A tag that the vocabulary does not know stays what it is, a free tag. All of it is pure.
"""

from webring.interests.adult import is_adult
from webring.interests.extraction import MAX_EXTRACTED, extract
from webring.interests.relatedness import Relation, RelationKind, relate, related, relatedness
from webring.interests.vocabulary import Interest, Vocabulary, normalise, vocabulary

__all__ = [
    "MAX_EXTRACTED",
    "Interest",
    "Relation",
    "RelationKind",
    "Vocabulary",
    "extract",
    "is_adult",
    "normalise",
    "relate",
    "related",
    "relatedness",
    "vocabulary",
]
