"""The text of a lab as HTML."""

from sandbox.page.rendering import _TEMPLATES

MACRO = '{% from "parts.html" import paragraphs %}{{ paragraphs(text) }}'


def shown(text: str) -> str:
    return "".join(_TEMPLATES.from_string(MACRO).render(text=text).split("\n\n"))


def test_commands_between_fences_keep_their_lines() -> None:
    text = "A key is in `settings.env`.\n\n```sh\n./keyless one\n./keyless two\n```\n\nWhose is it?"
    assert shown(text) == (
        "<p>A key is in <code>settings.env</code>.</p>"
        '<pre tabindex="0" aria-label="Commands">./keyless one\n./keyless two</pre>'
        "<p>Whose is it?</p>"
    )


def test_markup_stays_text() -> None:
    found = shown("<b>`<i>`\n\n```\n<script>\u202e</script>\n```")
    assert not any(each in found for each in ("<b>", "<i>", "<script>", "\u202e"))
    assert "&lt;script&gt;" in found
