"""The security headers of every answer: what a page may load, and who may show or ask for it."""

from urllib.parse import urlsplit

from agent_ui.deps import WebSettings


def content_security_policy(settings: WebSettings) -> str:
    """Everything from ourselves. Sockets to our own host are named, since not every browser counts ws under 'self'."""
    parts = urlsplit(settings.public_base_url)
    socket = f"{'wss' if settings.https else 'ws'}://{parts.netloc}"
    connect = " ".join(dict.fromkeys(("'self'", socket, *settings.connect_sources)))
    return (
        f"default-src 'self'; script-src 'self'; style-src 'self'; connect-src {connect}; img-src 'self' data:; "
        "font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"
    )


def security_headers(settings: WebSettings) -> dict[str, str]:
    headers = {
        "Content-Security-Policy": content_security_policy(settings),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "microphone=(self), camera=(), geolocation=(), payment=()",
    }
    if settings.https:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers
