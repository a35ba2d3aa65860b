"""The rules of contact as the product starts campaigns with them."""

from compliance.rulebooks.loader import load_rulebooks
from dialer.campaign_policy import RulebookPolicy
from dialer.settings import DIAL_STOP_MARGIN_S

BOOKS = load_rulebooks(dial_stop_margin_s=DIAL_STOP_MARGIN_S)
POLICY = RulebookPolicy(BOOKS)
