"""Which header cell is which column."""

import pytest

from campaigns.imports.header import plain, synonyms, understand
from campaigns.imports.model import COLUMNS, FileMapping
from campaigns.problems import Refused
from campaigns.synthetic.portfolio import COLUMNS as SYNTHETIC
from tests.campaigns.imports.files import GOOD

HEADER = tuple(GOOD)


def _places(*cells: str, mapping: FileMapping | None = None, country: str | None = None) -> dict[str, int]:
    return dict(understand(cells, mapping or FileMapping(), country, "debtors.csv, line 1").places)


def test_every_column_is_known_by_its_own_name_and_no_word_means_two() -> None:
    assert {synonyms()[plain(column)] for column in COLUMNS} == set(COLUMNS)


def test_the_synthetic_portfolio_has_no_column_that_is_ignored() -> None:
    assert understand(SYNTHETIC, FileMapping(), None, "x").ignored == ()


@pytest.mark.parametrize(
    "header",
    [
        "Customer ID;First Name;Last Name;Country;Account Number;Balance;Currency;Due Date",
        "ID cliente;Nombre;Apellidos;País;Número de cuenta;Saldo;Moneda;Fecha de vencimiento",
        "Numéro client;Prénom;Nom;Pays;Numéro de dossier;Solde;Devise;Date d’échéance",
        "Kundennummer;Vorname;Nachname;Land;Aktenzeichen;Offener Betrag;Währung;Fällig am",
        "Numer klienta;Imię;Nazwisko;Kraj;Numer umowy;Saldo;Waluta;Termin płatności",
        "شماره مشتری;نام;نام خانوادگی;کشور;شماره وام;مانده;واحد پول;سررسید",
        "رقم العميل;الاسم الأول;اسم العائلة;البلد;رقم الحساب;الرصيد;العملة;تاريخ الاستحقاق",
        "ਗਾਹਕ ਨੰਬਰ;ਨਾਂ;ਗੋਤ;ਦੇਸ਼;ਖਾਤਾ ਨੰਬਰ;ਬਕਾਇਆ;ਮੁਦਰਾ;ਅਦਾਇਗੀ ਮਿਤੀ",
    ],
)
def test_headers_in_the_languages_of_the_product_are_understood(header: str) -> None:
    cells = header.replace("ਨਾਂ", "ਪਹਿਲਾ ਨਾਂ").split(";")
    assert list(_places(*cells)) == [
        "debtor_reference", "given_name", "family_name", "country", "debt_reference", "balance", "currency", "due_date",
    ]  # fmt: skip


def test_missing_columns_are_all_named_with_the_way_to_mend_it() -> None:
    with pytest.raises(Refused) as caught:
        _places("debtor_reference", "balance", "due date", "first name")
    message = str(caught.value)
    assert message.startswith("debtors.csv, line 1: missing columns: debt_reference, currency, country, given_name and")
    assert "'due date'" in message
    assert "--country" in message


def test_a_file_without_header_shows_none_of_its_personal_data() -> None:
    with pytest.raises(Refused) as caught:
        _places("D1", "Ann", "Bee", "+12125550100")
    assert "is the header line missing?" in str(caught.value)
    assert "Ann" not in str(caught.value)


def test_the_country_may_come_from_the_command_and_defaults_from_the_mapping() -> None:
    cells = [column for column in HEADER if column not in ("country", "currency")]
    assert "country" not in _places(*cells, mapping=FileMapping(defaults={"currency": "USD"}), country="US")


def test_two_cells_of_one_meaning_are_refused_unless_the_mapping_names_one() -> None:
    with pytest.raises(Refused, match="'balance' and 'Amount due' both mean balance; name the right one"):
        _places(*HEADER, "Amount due")
    places = _places(*HEADER, "Amount due", mapping=FileMapping(columns={"balance": "amount DUE"}))
    assert places["balance"] == len(HEADER)


def test_a_mapping_to_a_cell_that_is_not_there_is_refused() -> None:
    with pytest.raises(Refused, match="takes balance from 'Soll', which the header lacks"):
        _places(*HEADER, mapping=FileMapping(columns={"balance": "Soll"}))


def test_what_no_column_is_is_ignored_and_told_and_empty_cells_at_the_end_do_not_count() -> None:
    found = understand((*HEADER, "Remarks", "", ""), FileMapping(), None, "x")
    assert found.ignored == ("Remarks",)
    assert found.width == len(HEADER) + 1
