"""Names: Faker's where it has the language in Latin script, our own lists for Persian, Arabic and Punjabi."""

from functools import cache
from random import Random

from faker import Faker

_LISTS: dict[str, tuple[str, str]] = {
    "fa": (
        "Arash Bahar Cyrus Darya Ehsan Farhad Golnaz Hamid Iraj Jaleh Kamran Laleh Mahsa Navid Omid Parisa Reza Shirin"
        " Taraneh Yasaman Zahra Kaveh Leila Mehrdad Niloufar Pouya Roya Sahar",
        "Ahmadi Bahrami Daneshvar Ebrahimi Farahani Ghorbani Hashemi Jafari Karimi Moradi Najafi Pahlavan Rahimi"
        " Sadeghi Tabrizi Yazdani Zamani Kazemi Mousavi Shirazi",
    ),
    "ar": (
        "Ahmad Amina Bilal Dalia Faris Ghada Hassan Iman Jamal Khalid Layla Mariam Nabil Omar Rania Salma Tariq Wafa"
        " Yusuf Zainab Hadi Lina Samir Huda",
        "Abbas Bakri Darwish Farouk Habib Haddad Ibrahim Jaber Khoury Mansour Najjar Odeh Qasim Rahman Saleh Shamoun"
        " Taleb Younis Zaki Nasser",
    ),
    "pa": (
        "Amardeep Baljit Charanjit Daljeet Gurpreet Harjit Inderjeet Jaspreet Kiranjit Lakhwinder Manpreet Navdeep"
        " Parminder Rajinder Sandeep Simran Sukhdeep Tejinder Veerpal Yadwinder Gurdeep Harleen Jasleen",
        "Singh Kaur Gill Sidhu Dhillon Sandhu Grewal Brar Mann Bajwa Aulakh Cheema Deol Johal Khaira Randhawa Sekhon"
        " Toor Virk Bains",
    ),
}


@cache
def _faker(locale: str) -> Faker:
    return Faker(locale)


class Namer:
    """Draws given and family names; Faker is used only for its word lists, the seed is ours."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._pools: dict[str, tuple[list[str], list[str]]] = {}

    def draw(self, locale: str) -> tuple[str, str]:
        given, family = self._pool(locale)
        return self._random.choice(given), self._random.choice(family)

    def _pool(self, locale: str) -> tuple[list[str], list[str]]:
        if locale not in self._pools:
            self._pools[locale] = self._lists(locale)
        return self._pools[locale]

    def _lists(self, locale: str) -> tuple[list[str], list[str]]:
        if locale in _LISTS:
            given, family = _LISTS[locale]
            return given.split(), family.split()
        faker = _faker(locale)
        faker.seed_instance(20261122)
        return (
            sorted({faker.first_name() for _ in range(600)}),
            sorted({faker.last_name() for _ in range(900)}),
        )
