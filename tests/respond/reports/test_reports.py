"""Reports: what is in them, exactly; and that no text in them is markup or code, whoever wrote it."""

import html
import io
import re
from html.parser import HTMLParser
from typing import Any

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from incident_case import ATTACKER, DIGEST, HOSTILE, TRANSACTION, WEI, material
from tocsin.edge.typesetting import pdf
from tocsin.model.errors import Unacceptable
from tocsin.respond.reports import markdown, pages, web_page
from tocsin.respond.reports.building import chosen, document, kinds, sections
from tocsin.respond.reports.document import Document, Line, Part, Prose, Table

HARMLESS = document(material())
ATTACKED = document(material(lambda text: f"{text} {HOSTILE}"))


def printed(made: Document) -> str:
    """The text of the pages, as a reader of PDF sees it, without the breaks that pages need."""
    content = pdf(pages.TEMPLATE, pages.data(made), made_at=made.made_at)
    text = "".join(page.extract_text() + "\n" for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    return re.sub(r"\s+", " ", text)


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def shown(made: Document) -> str:
    """The text of the HTML, as a browser shows it."""
    return html.unescape(re.sub(r"<[^>]*>", " ", web_page.render(made)))


def test_figures_are_exact_in_every_form() -> None:
    taken, frozen = "1,234.567890123456789012", "411.522630041152263004"

    for text in (markdown.render(HARMLESS).replace("\\", ""), shown(HARMLESS), printed(HARMLESS)):
        assert taken in squeezed(text)
        assert frozen in squeezed(text)
        assert f"{(WEI * 300_000 // 10**18) // 100:,}" in squeezed(text), (
            "dollars are told to the cent, rounded down once"
        )


def test_digests_and_hashes_are_whole_in_every_form() -> None:
    for text in (markdown.render(HARMLESS), shown(HARMLESS), printed(HARMLESS)):
        for whole in (DIGEST, "6" * 64, TRANSACTION, ATTACKER, material().entries[-1].digest):
            assert whole in squeezed(text)


def test_the_story_has_what_happened_in_its_order_and_not_what_is_kept_back() -> None:
    text = markdown.render(document(material(), names=["timeline"])).replace("\\", "")

    order = ["★ Users complain", "Declared as INC-2026-0042", "Ada Lovelace was paged by voice; it may be a repeat"]
    order += ["Acknowledged by voice", "from at risk to stolen", "Decided: Pause the vault", "was breached"]
    places = [text.index(each) for each in order]
    assert places == sorted(places)
    assert "not for others" not in text


def test_people_are_called_by_their_names_and_a_vanished_asset_is_said_to_be_gone() -> None:
    text = shown(HARMLESS)

    assert "Commander Ada Lovelace" in re.sub(r"\s+", " ", text)
    assert "gone is not in the estate any more" in text
    assert "guardian can pause Vault: pause(), takes about 10 minutes" in text
    assert "stopped 2025-11-24 16:16:41 UTC, 1 min 21 s late" in text


@pytest.mark.parametrize("tlp", ["red", "amber+strict", "amber", "green", "clear"])
def test_confidentiality_stands_on_every_page(tlp: str) -> None:
    facts = material()
    object.__setattr__(facts, "incident", _with(facts.incident, tlp=tlp))
    made = document(facts)
    content = pdf(pages.TEMPLATE, pages.data(made), made_at=made.made_at)

    labels = [page.extract_text().count(f"TLP:{tlp.upper()}") for page in pypdf.PdfReader(io.BytesIO(content)).pages]

    assert len(labels) > 3
    assert min(labels) >= 2, "head and foot"
    assert markdown.render(made).replace("\\", "").strip().startswith(f"**TLP:{tlp.upper()}**")
    assert markdown.render(made).replace("\\", "").strip().endswith(f"**TLP:{tlp.upper()}**")


def test_an_exercise_is_marked_as_one_on_every_page_and_nothing_else_is() -> None:
    exercise = document(material(exercise="spring-drill"))
    content = pdf(pages.TEMPLATE, pages.data(exercise), made_at=1.0)

    assert all("EXERCISE" in page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    assert "EXERCISE" in markdown.render(exercise)
    assert 'class="exercise"' in web_page.render(exercise)
    assert "EXERCISE" not in printed(HARMLESS) + markdown.render(HARMLESS)
    assert 'class="exercise"' not in web_page.render(HARMLESS)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_attackers_text_adds_no_tag_and_no_attribute_to_a_page() -> None:
    harmless, attacked = _Page(), _Page()
    harmless.feed(web_page.render(HARMLESS))
    attacked.feed(web_page.render(ATTACKED))

    assert attacked.attributes == harmless.attributes
    assert attacked.tags - harmless.tags <= web_page.TAGS
    assert not attacked.tags & {"script", "img", "a", "iframe", "link", "object", "form"}
    assert "default-src 'none'" in web_page.render(ATTACKED)


def test_attackers_text_is_no_markup_in_markdown() -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown.render(ATTACKED))

    kinds_there = {child.type for token in tokens for child in token.children or ()} | {each.type for each in tokens}
    assert not kinds_there & {"link_open", "image", "html_inline", "html_block"}
    headings = [
        tokens[number + 1].content
        for number, each in enumerate(tokens)
        if each.type == "heading_open" and each.level == 0
    ]
    assert [each.replace("\\", "") for each in headings[1:]] == [part.title for part in ATTACKED.parts]


def test_attackers_text_is_shown_as_it_is_on_paper() -> None:
    text = printed(ATTACKED)

    assert '#read("/etc/passwd")' in squeezed(text)
    assert "root:" not in text
    assert "\\u202e" in squeezed(text), "what would turn the reading order is written as its code"


def test_every_character_that_is_let_through_is_in_the_fonts() -> None:
    every = "".join(chr(code) for first, last in pages.HAS for code in range(first, last + 1))
    made = Document(
        title="t",
        number="n",
        tlp="TLP:CLEAR",
        is_exercise=False,
        made="m",
        made_at=0.0,
        parts=(Part(id="a", title="a", blocks=(Line(every), Table((every,), ((every,),)))),),
    )

    assert pdf(pages.TEMPLATE, pages.data(made), made_at=0.0), "PDF/A refuses a character without a glyph"
    assert pages.printed("日本 ✓") == "[U+65E5][U+672C] [U+2713]"


@given(st.text(max_size=300), st.text(max_size=300))
@settings(max_examples=25)
def test_any_text_is_typeset(text: str, prose: str) -> None:
    made = Document(
        title=text,
        number=text[:9],
        tlp="TLP:RED",
        is_exercise=True,
        made=text,
        made_at=0.0,
        parts=(Part(id="a", title=text, blocks=(Line(text), Prose(prose), Table((text, ""), ((text, prose),)))),),
    )

    assert pdf(pages.TEMPLATE, pages.data(made), made_at=0.0).startswith(b"%PDF")


@given(st.text())
def test_no_prose_becomes_a_tag_that_acts(text: str) -> None:
    page = _Page()
    page.feed(web_page.prose(text))

    assert page.tags <= web_page.TAGS
    assert page.attributes == set()


def test_the_same_incident_gives_the_same_bytes() -> None:
    first, second = (pdf(pages.TEMPLATE, pages.data(document(material())), made_at=5.0) for _ in range(2))

    assert first == second


@pytest.mark.parametrize("kind", list(kinds()))
def test_every_kind_is_made_of_an_incident_that_has_just_begun(kind: str) -> None:
    made = document(material(only=1), kind)

    assert [part.id for part in made.parts] == list(chosen(kind))
    assert all(part.blocks for part in made.parts), "what there is nothing of is said"
    assert printed(made)


def test_sections_are_chosen_by_name_and_stand_in_their_order() -> None:
    assert chosen("incident", ["record", "summary"]) == ("summary", "record")
    assert [section.place for section in sections().values()] == sorted({one.place for one in sections().values()})
    with pytest.raises(Unacceptable, match="did you mean 'timeline'"):
        chosen("incident", ["timelin"])
    with pytest.raises(Unacceptable, match="did you mean 'executive'"):
        chosen("exectuive")


def test_of_a_long_table_the_first_and_the_last_rows_stand_and_how_many_are_left_out() -> None:
    made = document(material(), names=["timeline"], most_rows=6)

    (table,) = made.parts[0].blocks
    assert isinstance(table, Table)
    whole = document(material(), names=["timeline"]).parts[0].blocks[0]
    assert isinstance(whole, Table)
    assert (table.rows[:3], table.rows[-3:]) == (whole.rows[:3], whole.rows[-3:])
    assert table.rows[3] == (
        f"{len(whole.rows) - 6} rows are left out here; the journal and the exports have them.",
        "",
        "",
    )
    assert printed(made)


def _with(incident: Any, **changes: Any) -> Any:
    return type(incident)(**{**{name: getattr(incident, name) for name in incident.__struct_fields__}, **changes})
