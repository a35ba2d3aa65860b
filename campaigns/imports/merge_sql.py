"""The statements that merge staged rows into the portfolio. `{s}` is the staging table, `{r}` the table of rejects.

`{here}` are the rows at hand (all, or one chunk). `{among_...}` narrows a query over the whole staging table to the
references of the rows at hand. `{mine}` are the tenant's debtors or debts `d` of this creditor.
"""

PERSONAL = (
    "given_name", "family_name", "language", "date_of_birth", "own_timezone", "country", "region", "city",
    "postal_code", "street", "timezone",
)  # fmt: skip
"""What the rows of one debtor must agree in; phones, e-mail addresses and consents add up."""

DIFFERS = " ".join(f"WHEN {{s}}.{name} IS DISTINCT FROM a.{name} THEN '{name}'" for name in PERSONAL)

BAD_TABLE = 'CREATE TEMPORARY TABLE import_bad (line bigint, "column" text, reason text) ON COMMIT DROP'

DUPLICATE_DEBTS = """
INSERT INTO import_bad
SELECT {s}.line, 'debt_reference',
       'the same debt reference is in line ' || f.first || '; every debt needs its own, in one row'
FROM {s} JOIN (
    SELECT debt_ref, min(line) AS first FROM {s} {among_debts} GROUP BY debt_ref HAVING count(*) > 1
) f ON f.debt_ref = {s}.debt_ref AND {s}.line > f.first
WHERE {here}
"""

CONTRARY_DEBTORS = """
INSERT INTO import_bad
SELECT line, "column", 'line ' || first || ' says otherwise of the same debtor; make the rows agree, or give this '
       || 'debtor a reference of its own'
FROM (
    SELECT {s}.line, f.first, CASE {differs} END AS "column"
    FROM {s} JOIN (
        SELECT debtor_ref, min(line) AS first FROM {s} {among_debtors} GROUP BY debtor_ref HAVING count(*) > 1
    ) f ON f.debtor_ref = {s}.debtor_ref AND {s}.line > f.first
    JOIN {s} a ON a.line = f.first
    WHERE {here}
) compared WHERE "column" IS NOT NULL
"""

FOREIGN_DEBTS = """
INSERT INTO import_bad
SELECT {s}.line, CASE WHEN d.currency <> {s}.currency THEN 'currency' ELSE 'debt_reference' END,
       CASE WHEN d.currency <> {s}.currency
            THEN 'the debt is known in another currency; close it and give the new one its own debt reference'
            ELSE 'the debt is known under another debtor reference; mend one of the two references' END
FROM {s}
JOIN debt d ON {mine} AND d.external_ref = {s}.debt_ref
JOIN debtor p ON p.id = d.debtor_id
WHERE {here} AND (p.external_ref <> {s}.debtor_ref OR d.currency <> {s}.currency)
"""

REJECT_BAD = """
INSERT INTO {r} (batch_id, line, "column", reason, "row")
SELECT CAST(:batch AS bigint), line, string_agg(DISTINCT "column", ', '), string_agg(DISTINCT reason, '; '), '{{}}'
FROM import_bad GROUP BY line
"""
DROP_BAD = "DELETE FROM {s} USING import_bad b WHERE {s}.line = b.line"

COUNTS = """
SELECT count(*) FILTER (WHERE n = 1 AND d.id IS NULL) AS debtors_created,
       count(*) FILTER (WHERE n = 1 AND d.id IS NOT NULL) AS debtors_updated,
       count(*) FILTER (WHERE t.id IS NULL) AS debts_created,
       count(*) FILTER (WHERE t.id IS NOT NULL) AS debts_updated,
       coalesce(sum(phones) FILTER (WHERE n = 1), 0) AS phones
FROM (
    SELECT debtor_ref, debt_ref, cardinality(phones) AS phones,
           CASE WHEN {earlier} THEN 0 ELSE row_number() OVER (PARTITION BY debtor_ref ORDER BY line) END AS n
    FROM {s} WHERE {here}
) s
LEFT JOIN debtor d ON {mine} AND d.external_ref = s.debtor_ref
LEFT JOIN debt t ON t.tenant_id = CAST(:tenant AS integer) AND t.creditor_id = CAST(:creditor AS bigint)
    AND t.external_ref = s.debt_ref
"""
EARLIER = "EXISTS (SELECT 1 FROM {s} e WHERE e.debtor_ref = {s}.debtor_ref AND e.line <= :lo)"

PERSONS = """
CREATE TEMPORARY TABLE import_person ON COMMIT DROP AS
SELECT s.*, d.id, d.own_timezone AS known_timezone FROM (
    SELECT DISTINCT ON (debtor_ref) line, debtor_ref, given_name, family_name, language, date_of_birth, own_timezone,
           zones, rulebooks, country, region, city, postal_code, street, timezone
    FROM {s} WHERE {here} ORDER BY debtor_ref, line
) s
LEFT JOIN debtor d ON {mine} AND d.external_ref = s.debtor_ref
"""

# a debtor's further rows may bring numbers of other zones: the person may be in any of them
MORE_HOURS = """
WITH further AS MATERIALIZED (
    SELECT DISTINCT {s}.debtor_ref FROM {s} JOIN import_person p USING (debtor_ref)
    WHERE {here} AND {s}.line <> p.line AND ({s}.zones <> p.zones OR {s}.rulebooks <> p.rulebooks)
), zone AS (
    SELECT debtor_ref, array_agg(DISTINCT z.name ORDER BY z.name) AS zones
    FROM further JOIN {s} USING (debtor_ref) CROSS JOIN unnest({s}.zones) AS z(name)
    WHERE {here} GROUP BY debtor_ref
), book AS (
    SELECT debtor_ref, array_agg(name ORDER BY place) AS rulebooks FROM (
        SELECT debtor_ref, b.name, min({s}.line * 100 + b.ordinality) AS place
        FROM further JOIN {s} USING (debtor_ref) CROSS JOIN unnest({s}.rulebooks) WITH ORDINALITY AS b(name)
        WHERE {here} GROUP BY debtor_ref, b.name
    ) placed GROUP BY debtor_ref
)
UPDATE import_person p SET zones = coalesce(zone.zones, p.zones), rulebooks = coalesce(book.rulebooks, p.rulebooks)
FROM further LEFT JOIN zone USING (debtor_ref) LEFT JOIN book USING (debtor_ref) WHERE p.debtor_ref = further.debtor_ref
"""

ZONELESS = "SELECT count(*) FROM import_person WHERE zones = '{{}}' OR rulebooks = '{{}}'"

WINDOW_GROUPS = """
INSERT INTO window_group (zones, rulebooks)
SELECT DISTINCT zones, rulebooks FROM import_person WHERE zones <> '{{}}' AND rulebooks <> '{{}}'
ON CONFLICT DO NOTHING
"""

KNOWN_TABLE = """
CREATE TEMPORARY TABLE import_known (debtor_ref text, id bigint, line bigint, is_new boolean) ON COMMIT DROP
"""
KNOWN = "INSERT INTO import_known SELECT debtor_ref, id, line, false FROM import_person WHERE id IS NOT NULL"

UPDATE_DEBTORS = """
UPDATE debtor d SET given_name = p.given_name, family_name = p.family_name, language = p.language,
    date_of_birth = coalesce(p.date_of_birth, d.date_of_birth),
    own_timezone = coalesce(d.own_timezone, p.own_timezone), window_group_id = g.id,
    import_batch_id = CAST(:batch AS bigint)
FROM import_person p LEFT JOIN window_group g ON g.zones = p.zones AND g.rulebooks = p.rulebooks
WHERE d.id = p.id AND (
    (d.given_name, d.family_name, d.language) IS DISTINCT FROM (p.given_name, p.family_name, p.language)
    OR d.date_of_birth IS DISTINCT FROM coalesce(p.date_of_birth, d.date_of_birth)
    OR d.own_timezone IS DISTINCT FROM coalesce(d.own_timezone, p.own_timezone)
    OR d.window_group_id IS DISTINCT FROM g.id)
"""

ADD_DEBTORS = """
WITH made AS (
    INSERT INTO debtor (tenant_id, creditor_id, external_ref, given_name, family_name, language, date_of_birth,
                        own_timezone, window_group_id, import_batch_id, created_at)
    SELECT CAST(:tenant AS integer), CAST(:creditor AS bigint), p.debtor_ref,
           p.given_name, p.family_name, p.language, p.date_of_birth, p.own_timezone,
           g.id, CAST(:batch AS bigint), CAST(:now AS timestamptz)
    FROM import_person p LEFT JOIN window_group g ON g.zones = p.zones AND g.rulebooks = p.rulebooks
    WHERE p.id IS NULL ORDER BY p.line
    RETURNING id, external_ref
)
INSERT INTO import_known SELECT made.external_ref, made.id, p.line, true
FROM made JOIN import_person p ON p.debtor_ref = made.external_ref
"""

UPDATE_ADDRESSES = """
UPDATE address a SET country = p.country, region = p.region, city = p.city, postal_code = p.postal_code,
    street = coalesce(p.street, a.street), timezone = p.timezone
FROM import_person p
WHERE a.debtor_id = p.id AND a.id = (SELECT min(id) FROM address WHERE debtor_id = p.id)
  AND (a.country, a.region, a.city, a.postal_code, a.street, a.timezone) IS DISTINCT FROM
      (p.country, p.region, p.city, p.postal_code, coalesce(p.street, a.street), p.timezone)
"""

ADD_ADDRESSES = """
INSERT INTO address (tenant_id, debtor_id, country, region, city, postal_code, street, timezone)
SELECT CAST(:tenant AS integer), k.id, p.country, p.region, p.city, p.postal_code, p.street, p.timezone
FROM import_person p JOIN import_known k USING (debtor_ref)
WHERE k.is_new OR NOT EXISTS (SELECT 1 FROM address a WHERE a.debtor_id = k.id)
"""

# the numbers that the file has of debtors who were known before
POINTS = """
CREATE TEMPORARY TABLE import_point ON COMMIT DROP AS
SELECT k.id AS debtor_id, u.address, u.kind, CAST(u.ordinality - 1 AS smallint) AS position,
       {s}.line = k.line AS is_first
FROM {s} JOIN import_known k USING (debtor_ref)
CROSS JOIN unnest({s}.phones, {s}.phone_kinds) WITH ORDINALITY AS u(address, kind)
WHERE {here} AND NOT k.is_new
"""
# numbers that the file no longer has are tried after those that it has; what agents learnt of a number stays
LATER_POINTS = """
UPDATE contact_point c SET position = c.position + 20
FROM import_known k WHERE NOT k.is_new AND c.debtor_id = k.id AND c.kind <> 'email' AND c.position < 20
  AND NOT EXISTS (SELECT 1 FROM import_point p WHERE p.debtor_id = c.debtor_id AND p.address = c.address)
"""
UPDATE_POINTS = """
UPDATE contact_point c SET position = p.position, kind = p.kind
FROM import_point p WHERE p.is_first AND c.debtor_id = p.debtor_id AND c.address = p.address
  AND (c.position, c.kind) IS DISTINCT FROM (p.position, p.kind)
"""
ADD_POINTS = """
INSERT INTO contact_point (tenant_id, debtor_id, kind, address, position)
SELECT CAST(:tenant AS integer), k.id, u.kind, u.address,
       u.ordinality + CASE WHEN {s}.line = k.line THEN -1 ELSE 3 END
FROM {s} JOIN import_known k USING (debtor_ref)
CROSS JOIN unnest({s}.phones, {s}.phone_kinds) WITH ORDINALITY AS u(address, kind)
WHERE {here} AND ({s}.line = k.line) = {first}
ON CONFLICT (debtor_id, address) DO NOTHING
"""
ADD_EMAILS = """
INSERT INTO contact_point (tenant_id, debtor_id, kind, address, position)
SELECT CAST(:tenant AS integer), k.id, 'email', {s}.email, 0 FROM {s} JOIN import_known k USING (debtor_ref)
WHERE {here} AND {s}.email IS NOT NULL
ON CONFLICT (debtor_id, address) DO NOTHING
"""

# a consent is for one number: the first that the channel can use
ADD_CONSENTS = """
INSERT INTO consent (tenant_id, contact_point_id, channel, by, at, evidence)
SELECT DISTINCT CAST(:tenant AS integer), c.id, x.channel, 'written', x.at, CAST(:evidence AS text)
FROM {s} JOIN import_known k USING (debtor_ref)
CROSS JOIN LATERAL (VALUES
    ('sms', {s}.sms_consent_at, {s}.phones[array_position({s}.phone_kinds, 'mobile')]),
    ('whatsapp', {s}.whatsapp_consent_at, {s}.phones[array_position({s}.phone_kinds, 'mobile')]),
    ('voice', {s}.voice_consent_at, {s}.phones[1]),
    ('email', {s}.email_consent_at, {s}.email)) AS x(channel, at, address)
JOIN contact_point c ON c.debtor_id = k.id AND c.address = x.address
WHERE {here} AND x.at IS NOT NULL AND (k.is_new OR NOT EXISTS (
    SELECT 1 FROM consent o WHERE o.contact_point_id = c.id AND o.channel = x.channel AND o.by = 'written'
      AND o.at = x.at))
"""

UPDATE_DEBTS = """
UPDATE debt d SET principal_minor = {s}.principal_minor, balance_minor = {s}.balance_minor,
    due_date = {s}.due_date, last_payment_date = coalesce({s}.last_payment_date, d.last_payment_date),
    product = {s}.product,
    status = CASE WHEN {s}.balance_minor = 0 AND d.status = 'open' THEN 'paid'
                  WHEN {s}.balance_minor > 0 AND d.status = 'paid' THEN 'open' ELSE d.status END
FROM {s}
WHERE {here} AND {mine} AND d.external_ref = {s}.debt_ref
  AND (d.principal_minor, d.balance_minor, d.due_date, d.last_payment_date, d.product) IS DISTINCT FROM
      ({s}.principal_minor, {s}.balance_minor, {s}.due_date,
       coalesce({s}.last_payment_date, d.last_payment_date), {s}.product)
"""
ADD_DEBTS = """
INSERT INTO debt (tenant_id, debtor_id, creditor_id, external_ref, principal_minor, balance_minor, currency, due_date,
                  last_payment_date, product, status)
SELECT CAST(:tenant AS integer), k.id, CAST(:creditor AS bigint), {s}.debt_ref,
       {s}.principal_minor, {s}.balance_minor, {s}.currency, {s}.due_date, {s}.last_payment_date, {s}.product,
       CASE WHEN {s}.balance_minor = 0 THEN 'paid' ELSE 'open' END
FROM {s} JOIN import_known k USING (debtor_ref) WHERE {here}
ON CONFLICT (tenant_id, creditor_id, external_ref) DO NOTHING
"""

# debtors of whom the database knows more than the file: their hours are found from all of it
UNSETTLED = """
CREATE TEMPORARY TABLE import_unsettled ON COMMIT DROP AS
SELECT k.id FROM import_known k JOIN import_person p USING (debtor_ref)
WHERE NOT k.is_new AND (
    p.known_timezone IS NOT NULL
    OR EXISTS (
        SELECT 1 FROM contact_point c WHERE c.debtor_id = k.id AND c.kind <> 'email' AND NOT EXISTS (
            SELECT 1 FROM import_point i WHERE i.debtor_id = c.debtor_id AND i.address = c.address))
    OR (SELECT count(*) FROM address a WHERE a.debtor_id = k.id) > 1)
"""
UNSETTLED_PAGE = """
SELECT d.id, d.own_timezone,
    ARRAY(SELECT c.address FROM contact_point c WHERE c.debtor_id = d.id AND c.kind <> 'email'
          ORDER BY c.position, c.id) AS phones,
    ARRAY(SELECT ARRAY[a.country, a.region, a.city, a.timezone, a.postal_code] FROM address a WHERE a.debtor_id = d.id
          ORDER BY a.id) AS places
FROM (SELECT id FROM import_unsettled WHERE id > :after ORDER BY id LIMIT 5000) u JOIN debtor d ON d.id = u.id
ORDER BY d.id
"""
SETTLE_GROUP = "INSERT INTO window_group (zones, rulebooks) VALUES (:zones, :rulebooks) ON CONFLICT DO NOTHING"
SETTLE = """
UPDATE debtor SET window_group_id =
    (SELECT g.id FROM window_group g
     WHERE g.zones = CAST(:zones AS text[]) AND g.rulebooks = CAST(:rulebooks AS text[]))
WHERE id = ANY(CAST(:ids AS bigint[]))
"""
MOVE_QUEUE = """
UPDATE queue_row q SET window_group_id = d.window_group_id
FROM import_known k JOIN debtor d ON d.id = k.id
WHERE NOT k.is_new AND q.debtor_id = d.id AND d.window_group_id IS NOT NULL AND q.window_group_id <> d.window_group_id
"""
