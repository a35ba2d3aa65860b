"""The page at which a person ends e-mails: no login, no script, in eight languages."""
