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

DEFAULTS: dict[str, dict[str, str]] = {"missed_call": MISSED_CALL}
CHANNELS = ("sms", "whatsapp", "email")
