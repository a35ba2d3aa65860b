"""Writes the page: plain HTML that works without script, in light and dark, right-to-left where it is read so. Pure."""

from html import escape

from agent_ui.unsubscribe.words import RIGHT_TO_LEFT, WORDS

STYLE = "/unsubscribe.css"


def page(language: str, said: str, *, business_name: str = "", button: bool = False) -> str:
    """One whole page; `said` is one of the language's own words, and `business_name` is escaped."""
    words = WORDS[language]
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    name = f'<p class="who"><bdi>{escape(business_name)}</bdi></p>' if business_name else ""
    form = f'<form method="post"><button type="submit">{escape(words.button)}</button></form>' if button else ""
    return (
        f'<!doctype html>\n<html lang="{language}" dir="{direction}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="robots" content="noindex">\n'
        f'<title>{escape(words.title)}</title>\n<link rel="stylesheet" href="{STYLE}">\n</head>\n'
        f'<body>\n<main>\n{name}\n<h1>{escape(words.title)}</h1>\n<p role="status">{escape(said)}</p>\n{form}\n'
        "</main>\n</body>\n</html>\n"
    )
