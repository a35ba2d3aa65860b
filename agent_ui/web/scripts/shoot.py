"""Takes screenshots of the mock consoles with Debian's Chromium: scripts/shoot.py OUT [URL] [FILTER]."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

OUT = Path(sys.argv[1])
URL = sys.argv[2] if len(sys.argv) > 2 else "http://127.0.0.1:5173"
FILTER = sys.argv[3] if len(sys.argv) > 3 else ""
TABS = ("reviews", "verdicts", "rulebooks", "lists", "wishes", "consents", "amd")
PAGES = {
    "login": "/",
    **{f"agent-{s}": f"/agent?mock={s}" for s in "offline ready preview identity talking wrap_up refused lost no_dialer".split()},
    "supervisor": "/supervisor?mock=still",
    "supervisor-empty": "/supervisor?mock=empty",
    "supervisor-first": "/supervisor?mock=first",
    "supervisor-no_dialer": "/supervisor?mock=no_dialer",
    "users": "/supervisor?mock=still#users",
    "whatif": "/supervisor?mock=still#whatif/3",
    "compliance": "/supervisor?mock=still#compliance",
    "compliance-empty": "/supervisor?mock=empty#compliance",
    **{f"compliance-{tab}": f"/supervisor?mock=still#compliance/{tab}" for tab in TABS},
    **{f"compliance-{tab}-empty": f"/supervisor?mock=empty#compliance/{tab}" for tab in TABS},
}
DIALOGS = {
    "compliance-lists": ("list-make", "list-1-import", "list-1-end"),
    "supervisor": ("campaign-3-limits", "agent-2-edit", "agents-everyone"),
    "agent-ready": ("open-plans",),
    "users": ("user-add", "user-1-edit", "user-1-password"),
    "compliance-rulebooks": ("turn-us_third_party_sms",),
}
LOOKS = [("light", "en", 1440), ("dark", "en", 1440), ("light", "fa", 1440), ("light", "en", 390), ("dark", "fa", 390)]
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking".split()

OUT.mkdir(parents=True, exist_ok=True)
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(
        executable_path="/usr/bin/chromium", args=[*FLAGS, "--disable-component-update", "--disable-sync"]
    )
    for scheme, language, width in LOOKS:
        context = browser.new_context(
            color_scheme=scheme, viewport={"width": width, "height": 900 if width > 600 else 844}, reduced_motion="reduce"
        )
        context.add_init_script(f"localStorage.setItem('promiseline.language', '{language}')")
        page = context.new_page()
        page.on("console", lambda m: print("console:", m.type, m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: print("pageerror:", e))
        for name, path in PAGES.items():
            shot = f"{name}-{scheme}-{language}-{width}"
            if FILTER not in shot:
                continue
            page.goto(URL + path)
            page.wait_for_timeout(1800 if "lost" in name or "no_dialer" in name else 900)
            if "compliance-" in name:
                # what is folded away is looked at as well
                page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
            if page.query_selector("[data-testid=person]") and "empty" not in name:
                page.fill("[data-testid=person]", "BA-2026-004711")
                page.click("[data-testid=person-find]")
                page.wait_for_selector("[data-testid=wish-31], [data-testid=point-9001]")
            if page.query_selector("[data-testid=list-address]"):
                page.fill("[data-testid=list-address]", "+12125550142")
                page.click("[data-testid=list-check-send]")
                page.wait_for_selector("[data-testid=list-found]")
            if page.query_selector("[data-testid=show-us-federal]"):
                page.click("[data-testid=show-us-federal]")
                page.wait_for_selector("[data-testid=week]")
            if page.query_selector("[data-testid=what-if-ask]"):
                page.click("[data-testid=what-if-ask]")
                page.wait_for_selector("[data-testid=what-if-figures]")
            for opens in DIALOGS.get(name, ()):
                page.click(f"[data-testid={opens}]")
                page.wait_for_selector("dialog[open]")
                page.wait_for_timeout(200)
                page.screenshot(path=OUT / f"{shot}-{opens}.png")
                page.click("[data-testid=dialog-close]")
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if wide > 0:
                print(f"{shot}: {wide} px wider than the window")
            page.screenshot(path=OUT / f"{shot}.png", full_page=width < 600)
        context.close()
    browser.close()
