"""What the page says, by language, and which language a browser would like best. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from babel import negotiate_locale

RIGHT_TO_LEFT = frozenset({"fa", "ar"})


@dataclass(frozen=True, slots=True)
class Words:
    """`unknown`, `busy` and `away` are what is said where it cannot be done, each with the way to mend it."""

    title: str
    ask: str
    button: str
    done: str
    unknown: str
    busy: str
    away: str


WORDS: Mapping[str, Words] = {
    "en": Words(
        "Stop e-mails",
        "Shall we stop sending e-mails to this address?",
        "Stop e-mails",
        "Done: we send no more e-mails to this address.",
        "This link is not known here. It may be cut off or too old. Open the link from the newest e-mail once more,"
        " or tell us by telephone or by answering the e-mail: we will stop.",
        "Too many unknown links came from your network. Please try again in a few minutes.",
        "It could not be stored just now. Nothing is lost: please press the button again in a minute.",
    ),
    "es": Words(
        "Dejar de recibir correos",
        "¿Dejamos de enviar correos a esta dirección?",
        "Dejar de recibir correos",
        "Hecho: no enviaremos más correos a esta dirección.",
        "Este enlace no se conoce aquí. Puede estar cortado o ser demasiado antiguo. Abra de nuevo el enlace del correo"
        " más reciente, o díganoslo por teléfono o respondiendo al correo: dejaremos de escribirle.",
        "Llegaron demasiados enlaces desconocidos desde su red. Inténtelo de nuevo en unos minutos.",
        "No se pudo guardar en este momento. Pulse el botón otra vez dentro de un minuto.",
    ),
    "fr": Words(
        "Ne plus recevoir d'e-mails",
        "Devons-nous cesser d'envoyer des e-mails à cette adresse ?",
        "Ne plus recevoir d'e-mails",
        "C'est fait : nous n'enverrons plus d'e-mails à cette adresse.",
        "Ce lien n'est pas connu ici. Il est peut-être coupé ou trop ancien. Ouvrez encore une fois le lien de l'e-mail"
        " le plus récent, ou dites-le-nous par téléphone ou en répondant à l'e-mail : nous cesserons.",
        "Trop de liens inconnus sont venus de votre réseau. Réessayez dans quelques minutes.",
        "L'enregistrement n'a pas pu se faire. Appuyez encore une fois sur le bouton dans une minute.",
    ),
    "de": Words(
        "Keine E-Mails mehr",
        "Sollen wir keine E-Mails mehr an diese Adresse senden?",
        "Keine E-Mails mehr",
        "Erledigt: Wir senden keine E-Mails mehr an diese Adresse.",
        "Dieser Link ist hier nicht bekannt. Vielleicht ist er abgeschnitten oder zu alt. Öffnen Sie noch einmal den"
        " Link der neuesten E-Mail, oder sagen Sie es uns am Telefon oder als Antwort auf die E-Mail: Wir hören auf.",
        "Aus Ihrem Netz kamen zu viele unbekannte Links. Bitte versuchen Sie es in einigen Minuten noch einmal.",
        "Es konnte gerade nicht gespeichert werden. Bitte drücken Sie in einer Minute noch einmal.",
    ),
    "pl": Words(
        "Nie chcę więcej e-maili",
        "Czy mamy przestać wysyłać e-maile na ten adres?",
        "Nie chcę więcej e-maili",
        "Gotowe: nie wyślemy więcej e-maili na ten adres.",
        "Ten link nie jest tu znany. Może jest ucięty albo za stary. Proszę otworzyć link z najnowszego e-maila jeszcze"
        " raz albo powiedzieć nam przez telefon lub w odpowiedzi na e-mail: przestaniemy pisać.",
        "Z tej sieci przyszło za dużo nieznanych linków. Proszę spróbować za kilka minut.",
        "Nie udało się tego teraz zapisać. Proszę nacisnąć przycisk jeszcze raz za minutę.",
    ),
    "fa": Words(
        "قطع ایمیل‌ها",
        "آیا ارسال ایمیل به این نشانی را قطع کنیم؟",
        "قطع ایمیل‌ها",
        "انجام شد: دیگر به این نشانی ایمیل نمی‌فرستیم.",
        "این پیوند اینجا شناخته نیست؛ شاید ناقص یا خیلی قدیمی است. پیوند تازه‌ترین ایمیل را دوباره باز کنید،"
        " یا تلفنی یا در پاسخ به ایمیل به ما بگویید تا قطع کنیم.",
        "از شبکهٔ شما پیوندهای ناشناس زیادی آمد. لطفاً چند دقیقهٔ دیگر دوباره امتحان کنید.",
        "اکنون ذخیره نشد. لطفاً یک دقیقهٔ دیگر دوباره دکمه را بزنید.",
    ),
    "ar": Words(
        "إيقاف الرسائل الإلكترونية",
        "هل نوقف إرسال الرسائل الإلكترونية إلى هذا العنوان؟",
        "إيقاف الرسائل الإلكترونية",
        "تم: لن نرسل رسائل إلكترونية أخرى إلى هذا العنوان.",
        "هذا الرابط غير معروف هنا. ربما يكون ناقصًا أو قديمًا جدًا. افتح رابط أحدث رسالة مرة أخرى،"
        " أو أخبرنا هاتفيًا أو بالرد على الرسالة وسنتوقف.",
        "وصلت من شبكتك روابط كثيرة غير معروفة. يرجى المحاولة بعد بضع دقائق.",
        "تعذر الحفظ الآن. يرجى الضغط على الزر مرة أخرى بعد دقيقة.",
    ),
    "pa": Words(
        "ਈਮੇਲਾਂ ਬੰਦ ਕਰੋ",
        "ਕੀ ਅਸੀਂ ਇਸ ਪਤੇ 'ਤੇ ਈਮੇਲਾਂ ਭੇਜਣੀਆਂ ਬੰਦ ਕਰੀਏ?",
        "ਈਮੇਲਾਂ ਬੰਦ ਕਰੋ",
        "ਹੋ ਗਿਆ: ਅਸੀਂ ਇਸ ਪਤੇ 'ਤੇ ਹੋਰ ਈਮੇਲਾਂ ਨਹੀਂ ਭੇਜਾਂਗੇ।",
        "ਇਹ ਲਿੰਕ ਇੱਥੇ ਜਾਣਿਆ ਨਹੀਂ ਜਾਂਦਾ। ਹੋ ਸਕਦਾ ਹੈ ਇਹ ਅਧੂਰਾ ਜਾਂ ਬਹੁਤ ਪੁਰਾਣਾ ਹੋਵੇ। ਸਭ ਤੋਂ ਨਵੀਂ ਈਮੇਲ ਦਾ ਲਿੰਕ ਦੁਬਾਰਾ ਖੋਲ੍ਹੋ,"
        " ਜਾਂ ਫ਼ੋਨ 'ਤੇ ਜਾਂ ਈਮੇਲ ਦੇ ਜਵਾਬ ਵਿੱਚ ਸਾਨੂੰ ਦੱਸੋ: ਅਸੀਂ ਬੰਦ ਕਰ ਦੇਵਾਂਗੇ।",
        "ਤੁਹਾਡੇ ਨੈੱਟਵਰਕ ਤੋਂ ਬਹੁਤ ਸਾਰੇ ਅਣਜਾਣ ਲਿੰਕ ਆਏ। ਕਿਰਪਾ ਕਰਕੇ ਕੁਝ ਮਿੰਟਾਂ ਬਾਅਦ ਕੋਸ਼ਿਸ਼ ਕਰੋ।",
        "ਹੁਣੇ ਸਾਂਭਿਆ ਨਹੀਂ ਜਾ ਸਕਿਆ। ਕਿਰਪਾ ਕਰਕੇ ਇੱਕ ਮਿੰਟ ਬਾਅਦ ਦੁਬਾਰਾ ਦਬਾਓ।",
    ),
}


def language_of(tag: str) -> str:
    """The page's language for a person's, like pt-BR; English where there is none."""
    base = tag.split("-")[0].lower()
    return base if base in WORDS else "en"


def liked(accept_language: str) -> str:
    """The page's language that a browser asks for first; it lists them by liking, and their weights are not read."""
    tags = [part.partition(";")[0].strip() for part in accept_language.split(",")[:20]]
    found = negotiate_locale([tag for tag in tags if tag], list(WORDS), sep="-")
    return found or "en"
