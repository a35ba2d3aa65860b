"""The simulated exchange: speaks ARI like Asterisk 22, and its debtors answer by script."""

from telephony.sandbox.debtors import DebtorModel, Debtors, DebtorScript, Fate, Rates
from telephony.sandbox.exchange import AMD_CONTEXT, SandboxExchange
from telephony.sandbox.faults import Fault, Faults
from telephony.sandbox.log import ExchangeLog, LogEntry, read_log

__all__ = [
    "AMD_CONTEXT",
    "DebtorModel",
    "DebtorScript",
    "Debtors",
    "ExchangeLog",
    "Fate",
    "Fault",
    "Faults",
    "LogEntry",
    "Rates",
    "SandboxExchange",
    "read_log",
]
