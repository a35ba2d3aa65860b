"""The texts that every tenant begins with. They tell of no debt: who called, where to call back, how to stop texts."""

LANGUAGES = ("en", "es", "fr", "de", "pl", "fa", "ar", "pa")

MISSED_CALL: dict[str, str] = {
    "en": "{{business_name}} tried to reach {{given_name}}. Please call {{business_phone}}. Reply STOP to end texts.",
    "es": "{{business_name}} intentó comunicarse con {{given_name}}. Llame al {{business_phone}}. "
    "Responda STOP para no recibir más mensajes.",
    "fr": "{{business_name}} a essayé de joindre {{given_name}}. Merci de rappeler le {{business_phone}}. "
    "Répondez STOP pour ne plus recevoir de SMS.",
    "de": "{{business_name}} hat versucht, {{given_name}} zu erreichen. Bitte rufen Sie {{business_phone}} an. "
    "Antworten Sie STOP, um keine SMS mehr zu erhalten.",
    "pl": "{{business_name}} próbuje skontaktować się z: {{given_name}}. Prosimy o telefon: {{business_phone}}. "
    "Odpowiedz STOP, aby nie otrzymywać SMS.",
    "fa": "{{business_name}} با {{given_name}} تماس گرفت. لطفاً با \u2066{{business_phone}}\u2069 تماس بگیرید. "
    "برای قطع پیامک‌ها STOP بفرستید.",
    "ar": "حاولت {{business_name}} الاتصال بـ {{given_name}}. يرجى الاتصال على \u2066{{business_phone}}\u2069. "
    "أرسل STOP لإيقاف الرسائل.",
    "pa": "{{business_name}} ਨੇ {{given_name}} ਨਾਲ ਸੰਪਰਕ ਕਰਨ ਦੀ ਕੋਸ਼ਿਸ਼ ਕੀਤੀ। ਕਿਰਪਾ ਕਰਕੇ {{business_phone}} 'ਤੇ ਕਾਲ ਕਰੋ। "
    "ਸੁਨੇਹੇ ਬੰਦ ਕਰਨ ਲਈ STOP ਲਿਖੋ।",
}

# subject and text; the address stands on a line of its own, so that no mail program links more than it
MISSED_CALL_MAIL: dict[str, tuple[str, str]] = {
    "en": (
        "A message from {{business_name}}",
        "{{business_name}} tried to reach {{given_name}}. Please call {{business_phone}}.\n\n"
        "To unsubscribe from our e-mails, open:\n{{unsubscribe_url}}",
    ),
    "es": (
        "Un mensaje de {{business_name}}",
        "{{business_name}} intentó comunicarse con {{given_name}}. Llame al {{business_phone}}.\n\n"
        "Para darse de baja de nuestros correos, abra:\n{{unsubscribe_url}}",
    ),
    "fr": (
        "Un message de {{business_name}}",
        "{{business_name}} a essayé de joindre {{given_name}}. Merci de rappeler le {{business_phone}}.\n\n"
        "Pour vous désabonner de nos e-mails, ouvrez :\n{{unsubscribe_url}}",
    ),
    "de": (
        "Eine Nachricht von {{business_name}}",
        "{{business_name}} hat versucht, {{given_name}} zu erreichen. Bitte rufen Sie {{business_phone}} an.\n\n"
        "Hier können Sie sich von unseren E-Mails abmelden:\n{{unsubscribe_url}}",
    ),
    "pl": (
        "Wiadomość od {{business_name}}",
        "{{business_name}} próbuje skontaktować się z: {{given_name}}. Prosimy o telefon: {{business_phone}}.\n\n"
        "Aby wypisać się z naszych e-maili, otwórz:\n{{unsubscribe_url}}",
    ),
    "fa": (
        "پیامی از {{business_name}}",
        "{{business_name}} با {{given_name}} تماس گرفت. لطفاً با \u2066{{business_phone}}\u2069 تماس بگیرید.\n\n"
        "برای لغو ایمیل‌های ما این نشانی را باز کنید:\n{{unsubscribe_url}}",
    ),
    "ar": (
        "رسالة من {{business_name}}",
        "حاولت {{business_name}} الاتصال بـ {{given_name}}. يرجى الاتصال على \u2066{{business_phone}}\u2069.\n\n"
        "لإيقاف رسائلنا الإلكترونية افتح هذا العنوان:\n{{unsubscribe_url}}",
    ),
    "pa": (
        "{{business_name}} ਵੱਲੋਂ ਸੁਨੇਹਾ",
        "{{business_name}} ਨੇ {{given_name}} ਨਾਲ ਸੰਪਰਕ ਕਰਨ ਦੀ ਕੋਸ਼ਿਸ਼ ਕੀਤੀ। ਕਿਰਪਾ ਕਰਕੇ {{business_phone}} 'ਤੇ ਕਾਲ ਕਰੋ।\n\n"
        "ਸਾਡੀਆਂ ਈਮੇਲਾਂ ਬੰਦ ਕਰਨ ਲਈ (STOP) ਇਹ ਪਤਾ ਖੋਲ੍ਹੋ:\n{{unsubscribe_url}}",
    ),
}

DEFAULTS: dict[str, dict[str, str]] = {"missed_call": MISSED_CALL}
MAILS: dict[str, dict[str, tuple[str, str]]] = {"missed_call": MISSED_CALL_MAIL}
CHANNELS = ("sms", "whatsapp", "email")
