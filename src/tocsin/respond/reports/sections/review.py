"""What there is to learn: root cause, what went well and wrong, and where there was luck."""

from collections.abc import Iterator

from tocsin.respond.reports.document import Block, Bullets, Line, Pairs, Prose
from tocsin.respond.reports.material import Material, spelt, when
from tocsin.respond.reports.section import Section

LISTS = ("five_whys", "contributing", "went_well", "went_wrong", "got_lucky", "lessons")


def build(material: Material) -> tuple[Block, ...]:
    """The newest version of the post-incident review, and who reviewed it."""
    written = material.incident.post_mortem
    if written is None:
        return (Line("The post-incident review is not written yet."), *_reviewed(material))
    lists = (
        block
        for name in LISTS
        if (items := getattr(written, name))
        for block in (Line(f"{spelt(name).capitalize()}:"), Bullets(items))
    )
    against = (Line("What would have been otherwise:"), Prose(written.counterfactual)) if written.counterfactual else ()
    return (Line("Root cause:"), Prose(written.root_cause), *lists, *against, *_reviewed(material))


def _reviewed(material: Material) -> Iterator[Block]:
    review = material.incident.review
    who = material.name_of(review.reviewer) if review.reviewer else "nobody yet"
    said = (("Reviewed by", who), ("State", spelt(review.state)))
    yield Pairs((*said, *((("When", when(review.at)),) if review.at is not None else ())))
    if review.note:
        yield Prose(review.note)


section = Section(id="review", title="Post-incident review", place=150, build=build)
