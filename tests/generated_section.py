"""Pages with a section that is generated from data, between two marks."""


def replace_section(page: str, begin: str, end: str, text: str) -> str:
    """Return `page` with `text` between its marks. Raises ValueError if a mark is missing."""
    before, _, rest = page.partition(begin)
    _, mark, after = rest.partition(end)
    if not mark:
        raise ValueError(f"the page has no part between {begin.strip()} and {end.strip()}")
    return f"{before}{begin}{text}{end}{after}"
