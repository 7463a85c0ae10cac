"""What was to be done, by whom, until when, and whether it is."""

from tocsin.respond.reports.document import Block, Line, Table
from tocsin.respond.reports.material import Material, spelt, when
from tocsin.respond.reports.section import Section


def build(material: Material) -> tuple[Block, ...]:
    """One task a row; mandatory ones are marked."""
    rows = tuple(
        (
            spelt(each.state),
            each.title + (" (mandatory)" if each.is_mandatory else ""),
            material.names_of(each.assignees) or "nobody",
            "no date" if each.due_at is None else when(each.due_at),
            each.note,
        )
        for each in material.incident.tasks.values()
    )
    if not rows:
        return (Line("There are no tasks."),)
    return (Table(("State", "Task", "Who", "Due", "Note"), rows, (2, 6, 3, 3, 4)),)


section = Section(id="tasks", title="Tasks", place=110, build=build)
