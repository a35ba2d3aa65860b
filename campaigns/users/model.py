"""Decides what a login, a password and a role must be like. Pure."""

import re
from collections.abc import Collection

from campaigns.problems import Problem
from campaigns.skills import complaint

ROLES = ("agent", "supervisor", "admin")
LANGUAGES = {"en": "English", "es": "Spanish", "fa": "Persian"}
"""Those of the consoles: agent_ui/web/src/shared/i18n."""
SHORTEST, LONGEST = 10, 200
PHONE = re.compile(r"^PJSIP/(?!\+?[0-9]{7,}$)[A-Za-z0-9_.-]{1,80}$")
"""As telephony.exchange.AGENT_PHONE: a phone registered at the exchange, never a number behind a trunk."""
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,63}")


def check_login(login: str) -> list[Problem]:
    if _LOGIN.fullmatch(login):
        return []
    return [Problem("login", "use 2 to 64 small letters, digits and . _ @ + - beginning with a letter or digit")]


def check_password(password: str, login: str) -> list[Problem]:
    if len(password) < SHORTEST:
        return [Problem("password", f"too short: at least {SHORTEST} characters")]
    if len(password) > LONGEST:
        return [Problem("password", f"too long: at most {LONGEST} characters")]
    if login and login in password.lower():
        return [Problem("password", "it must not hold the login")]
    if len(set(password)) < 4:
        return [Problem("password", "too simple: use at least four different characters")]
    return []


def check_phone(endpoint: str) -> list[Problem]:
    """An agent's phone must not be a way to dial somebody past the gate."""
    if PHONE.fullmatch(endpoint):
        return []
    mend = "name a phone that registers at the exchange, like PJSIP/agent-7; a number or a trunk is not taken"
    return [Problem("phone_endpoint", mend)]


def check_role(role: str) -> list[Problem]:
    return [] if role in ROLES else [Problem("role", f"there is no role {role!r}: choose {', '.join(ROLES)}")]


def check_language(language: str) -> list[Problem]:
    if language in LANGUAGES:
        return []
    known = ", ".join(f"{code} ({name})" for code, name in LANGUAGES.items())
    return [Problem("language", f"the consoles do not speak {language!r}: choose {known}")]


def may_manage(by: str, *roles: str) -> bool:
    """Whether a user of role `by` may make or change users of these roles: an admin all, a supervisor agents."""
    return by == "admin" or (by == "supervisor" and all(role == "agent" for role in roles))


def check_skills(skills: Collection[str], role: str) -> list[Problem]:
    if skills and role != "agent":
        return [
            Problem("skills", f"a user of role {role} takes no calls: only an agent has skills, take them away first")
        ]
    problem = complaint(skills)
    return [] if problem is None else [Problem("skills", problem)]
