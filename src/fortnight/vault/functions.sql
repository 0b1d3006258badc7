-- The only way of the service's role to people, on PostgreSQL: one function for each method of the
-- port `vault/people.py`, which says what each one guarantees. The tables belong to the owner; the
-- service's role may call what is granted at the end of this file, and nothing else.
--
-- SECURITY DEFINER: the function may what its owner may. `SET search_path … pg_temp` last: without
-- it, whoever calls could put a temporary table of their own in the place of one of ours.
--
-- A look counts where another top-level transaction committed it: look.xid is set by the database,
-- and is not the number of the present transaction. Savepoints share their transaction's number.

SET LOCAL search_path = people, fortnight, pg_temp;

DO $$
DECLARE
    v_function regprocedure;
BEGIN
    FOR v_function IN
        SELECT oid FROM pg_proc WHERE pronamespace = 'people'::regnamespace
    LOOP
        EXECUTE format('DROP FUNCTION %s CASCADE', v_function);
    END LOOP;
END
$$;
DROP TYPE IF EXISTS people.reader, people.seed, people.found_row;

CREATE TYPE people.reader AS (role text, actor text, district text);
CREATE TYPE people.seed AS (
    look text, leaf text, salt bytea, office_salt bytea, contact text
);
CREATE TYPE people.found_row AS (day integer, pseudonym bytea, strong boolean, grants text[]);

-- -- refusals --------------------------------------------------------------------------------------

CREATE FUNCTION people.refuse(p_why text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'FN001', MESSAGE = p_why;
END
$$;

CREATE FUNCTION people.gone(p_why text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'FN002', MESSAGE = p_why;
END
$$;

-- -- the closed lists, as in vault/purposes.py -----------------------------------------------------

CREATE FUNCTION people.grants_for(p_purpose text, p_case text) RETURNS text[]
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN p_purpose = 'trace' AND p_case IS NULL THEN ARRAY['trace.operator', 'trace.ties']
        WHEN p_purpose = 'trace' THEN ARRAY[
            'trace.phone', 'trace.operator', 'trace.ties', 'trace.bluetooth', 'trace.visits'
        ]
        WHEN p_purpose IN ('notify', 'support') THEN ARRAY[p_purpose]
        WHEN p_purpose IN ('rights', 'repair') THEN ARRAY[]::text[]
    END
$$;

CREATE FUNCTION people.fields_of(p_purpose text) RETURNS text[]
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN p_purpose IN ('trace', 'rights') THEN ARRAY[
            'number', 'language', 'pseudonyms', 'contact', 'evidence', 'case'
        ]
        WHEN p_purpose = 'notify' THEN ARRAY['number', 'language', 'contact']
        WHEN p_purpose = 'support' THEN ARRAY['number', 'language', 'contact', 'case']
        WHEN p_purpose = 'repair' THEN ARRAY['pseudonyms', 'evidence', 'case']
    END
$$;

-- Has to give what `ledger/entries.py` gives, byte for byte: p_detail and p_office are canonical.
CREATE FUNCTION people.entry_of(
    p_kind text, p_at bigint, p_salt bytea, p_detail text, p_office_salt bytea, p_office text
) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT convert_to(
        format(
            '{"commitment":"%s","hour":%s,"kind":"%s","office":"%s","v":1}',
            encode(sha256(p_salt || convert_to(p_detail, 'UTF8')), 'hex'),
            p_at / 3600000,
            p_kind,
            encode(sha256(p_office_salt || convert_to(p_office, 'UTF8')), 'hex')
        ),
        'UTF8'
    )
$$;

CREATE FUNCTION people.look_detail(
    p_district text, p_fields text, p_look text, p_person text, p_purpose text, p_role text
) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT format(
        '{"district":%s,"fields":%s,"look":%s,"person":%s,"purpose":%s,"role":%s}',
        to_json(p_district), to_json(p_fields), to_json(p_look), to_json(p_person),
        to_json(p_purpose), to_json(p_role)
    )
$$;

CREATE FUNCTION people.look_office(p_actor text, p_case text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT format('{"actor":%s,"case":%s}', to_json(p_actor), to_json(coalesce(p_case, '')))
$$;

-- -- rules that several functions keep -------------------------------------------------------------

CREATE FUNCTION people.has_live(p_person text, p_kinds text[]) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM consent_grant
        WHERE person = p_person AND kind = ANY (p_kinds) AND withdrawn_at IS NULL
    )
$$;

-- As `standing_case` of vault/cases.py, in the same words.
CREATE FUNCTION people.standing_case(p_case text) RETURNS fortnight.case_file
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_case fortnight.case_file;
    v_token_number bytea;
BEGIN
    SELECT * INTO v_case FROM case_file WHERE id = p_case;
    IF NOT FOUND THEN
        PERFORM refuse('There is no such case: people are looked up for a case alone.');
    END IF;
    SELECT number_hash INTO v_token_number FROM laboratory_token WHERE id = v_case.token_id;
    IF NOT FOUND THEN
        PERFORM refuse('This case has no laboratory token: ask the laboratory for one.');
    END IF;
    IF v_token_number <> v_case.number_hash THEN
        PERFORM refuse('The laboratory''s token of this case is for another number.');
    END IF;
    IF v_case.state IN ('closed', 'withdrawn') THEN
        PERFORM refuse(
            format('This case is %s: nobody is looked up for it any more.', v_case.state)
        );
    END IF;
    IF v_case.agreed_at IS NULL THEN
        PERFORM refuse(
            'The case has not said yes: send the code, and enter what they read back.'
        );
    END IF;
    RETURN v_case;
END
$$;

-- As `exported_case` of vault/cases.py: a lead takes a closed case out for the file.
CREATE FUNCTION people.exported_case(p_case text, p_role text) RETURNS fortnight.case_file
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_case fortnight.case_file;
BEGIN
    SELECT f.* INTO v_case FROM case_file AS f
    JOIN laboratory_token AS t ON t.id = f.token_id AND t.number_hash = f.number_hash
    WHERE f.id = p_case AND f.state = 'closed' AND f.agreed_at IS NOT NULL AND p_role = 'lead';
    IF FOUND THEN
        RETURN v_case;
    END IF;
    RETURN standing_case(p_case);
END
$$;

-- As `_refuse_without_grant` of vault/people_sqlite.py.
CREATE FUNCTION people.check_grant(p_person text, p_case text) RETURNS void
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT has_live(p_person, grants_for('trace', p_case)) THEN
        PERFORM refuse('This person has no live grant for trace: nothing is opened.');
    END IF;
END
$$;

CREATE FUNCTION people.belongs_to(p_person text, p_case fortnight.case_file) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT p_person = p_case.person IS TRUE OR EXISTS (
        SELECT FROM case_contact WHERE case_id = p_case.id AND person = p_person
    )
$$;

CREATE FUNCTION people.check_reader(p_reader people.reader) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF (p_reader.role ~ '^[a-z][a-z-]{0,31}$'
        AND p_reader.actor ~ '^[A-Za-z0-9][A-Za-z0-9 ._@:+-]{0,63}$'
        AND p_reader.district ~ '^[A-Za-z0-9][A-Za-z0-9 ._@:+-]{0,63}$') IS NOT TRUE
    THEN
        PERFORM refuse('A reader''s role, actor and district have to be plain ASCII words.');
    END IF;
END
$$;

-- A look at each of many people, and its leaf; as many seeds as people, in the same order.
CREATE FUNCTION people.add_looks(
    p_kind text, p_reader people.reader, p_purpose text, p_fields text, p_case text,
    p_people text[], p_seeds people.seed[], p_now bigint
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM check_reader(p_reader);
    IF EXISTS (
        SELECT FROM unnest(p_people, p_seeds)
            AS s (person, look, leaf, salt, office_salt, contact)
        WHERE (s.person IS NOT NULL
            AND s.look ~ '^[0-9a-f]{32}$' AND s.leaf ~ '^[0-9a-f]{32}$'
            AND length(s.salt) = 32 AND length(s.office_salt) = 32) IS NOT TRUE
    ) THEN
        PERFORM refuse('A look needs an id, an id of its leaf, and two salts of 32 bytes.');
    END IF;
    INSERT INTO ledger_leaf (id, kind, entry, made_at)
    SELECT
        s.leaf,
        p_kind,
        entry_of(
            p_kind,
            p_now,
            s.salt,
            look_detail(
                p_reader.district, p_fields, s.look, s.person, p_purpose, p_reader.role
            ),
            s.office_salt,
            look_office(p_reader.actor, p_case)
        ),
        p_now
    FROM unnest(p_people, p_seeds) AS s (person, look, leaf, salt, office_salt, contact);
    INSERT INTO look (
        id, person, at, role, district, purpose, fields, outcome, actor, case_id, salt,
        office_salt, leaf
    )
    SELECT
        s.look, s.person, p_now, p_reader.role, p_reader.district, p_purpose, p_fields,
        'opened', p_reader.actor, p_case, s.salt, s.office_salt, s.leaf
    FROM unnest(p_people, p_seeds) AS s (person, look, leaf, salt, office_salt, contact);
END
$$;

-- An earlier write in the same transaction, such as forgetting one person, would make being refused
-- or not an answer about that person, and rolling back would leave no look of the question.
CREATE FUNCTION people.check_first() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF pg_current_xact_id_if_assigned() IS NOT NULL THEN
        PERFORM refuse('Access is opened by the first statement of its transaction that writes.');
    END IF;
END
$$;

-- Marks looks as read and gives them; refuses all where one may not be read.
CREATE FUNCTION people.take_looks(p_looks text[]) RETURNS SETOF fortnight.look
LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        -- An older snapshot would still show grants that were withdrawn since.
        PERFORM refuse('People are read in transactions of READ COMMITTED alone.');
    END IF;
    -- Locked, so that of two who read at once the second finds the look read.
    PERFORM FROM look WHERE id = ANY (p_looks) ORDER BY id FOR UPDATE;
    IF EXISTS (SELECT FROM look WHERE id = ANY (p_looks) AND xid = pg_current_xact_id()) THEN
        PERFORM refuse('A look is not committed: nothing is read in its own transaction.');
    END IF;
    IF EXISTS (SELECT FROM look WHERE id = ANY (p_looks) AND outcome <> 'opened') THEN
        PERFORM refuse('A look was read before: open the access anew.');
    END IF;
    IF EXISTS (
        SELECT FROM look
        WHERE id = ANY (p_looks) AND written < clock_timestamp() - interval '10 minutes'
    ) THEN
        PERFORM refuse('A look is older than 10 minutes: open the access anew.');
    END IF;
    RETURN QUERY UPDATE look SET outcome = 'read' WHERE id = ANY (p_looks) RETURNING *;
END
$$;

-- Takes one look at one case, if it has these fields.
CREATE FUNCTION people.take_one(p_look text, p_fields text) RETURNS fortnight.look
LANGUAGE plpgsql AS $$
DECLARE
    v_look fortnight.look;
BEGIN
    SELECT * INTO v_look FROM take_looks(ARRAY[p_look]);
    IF (v_look.purpose = 'trace' AND v_look.case_id IS NOT NULL AND v_look.fields = p_fields)
        IS NOT TRUE
    THEN
        PERFORM refuse('No such look is committed: open the access first, then read.');
    END IF;
    RETURN v_look;
END
$$;

-- -- no look: nothing about anyone is given --------------------------------------------------------

CREATE FUNCTION people.enrol(
    p_ids text[], p_numbers_sealed bytea[], p_number_lookups bytea[], p_languages text[],
    p_enrolled_at bigint[]
) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
DECLARE
    v_ids text[];
BEGIN
    LOOP -- again where somebody who was there is forgotten between the two statements
        INSERT INTO person (id, number_sealed, number_lookup, language, enrolled_at)
        SELECT n.*
        FROM unnest(p_ids, p_numbers_sealed, p_number_lookups, p_languages, p_enrolled_at)
            AS n (id, number_sealed, number_lookup, language, enrolled_at)
        ORDER BY n.number_lookup -- or two who enrol the same people could wait for each other
        ON CONFLICT (number_lookup) DO NOTHING;
        SELECT array_agg(p.id ORDER BY w.n) INTO v_ids
        FROM unnest(p_number_lookups) WITH ORDINALITY AS w (number_lookup, n)
        JOIN person AS p ON p.number_lookup = w.number_lookup;
        EXIT WHEN coalesce(cardinality(v_ids), 0) = cardinality(p_number_lookups);
    END LOOP;
    RETURN QUERY SELECT unnest(v_ids);
END
$$;

CREATE FUNCTION people.with_lookup(p_number_lookup bytea) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
    SELECT id FROM person WHERE number_lookup = p_number_lookup
$$;

CREATE FUNCTION people.with_lookups(p_number_lookups bytea[])
RETURNS TABLE (number_lookup bytea, person text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
    SELECT p.number_lookup, p.id FROM person AS p WHERE p.number_lookup = ANY (p_number_lookups)
$$;

CREATE FUNCTION people.ids() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
    SELECT id FROM person ORDER BY id COLLATE "C"
$$;

CREATE FUNCTION people.add_devices(
    p_ids text[], p_people text[], p_kinds text[], p_secret_hashes bytea[],
    p_owntracks_sealed bytea[], p_made_at bigint[]
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
BEGIN
    PERFORM FROM person WHERE id = ANY (p_people) ORDER BY id FOR KEY SHARE;
    IF (SELECT count(*) FROM person WHERE id = ANY (p_people))
        < (SELECT count(DISTINCT id) FROM unnest(p_people) AS w (id))
    THEN
        PERFORM gone('There is nobody to give this device to: they are not enrolled.');
    END IF;
    INSERT INTO device (id, person, kind, secret_hash, owntracks_sealed, made_at)
    SELECT * FROM unnest(
        p_ids, p_people, p_kinds, p_secret_hashes, p_owntracks_sealed, p_made_at
    );
END
$$;

CREATE FUNCTION people.device_of(p_secret_hash bytea)
RETURNS TABLE (id text, person text, kind text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
    SELECT d.id, d.person, d.kind FROM device AS d
    WHERE d.secret_hash = p_secret_hash AND d.revoked_at IS NULL
$$;

CREATE FUNCTION people.owntracks_key(p_device text) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
    SELECT owntracks_sealed FROM device WHERE id = p_device AND revoked_at IS NULL
$$;

CREATE FUNCTION people.devices_of(p_person text)
RETURNS TABLE (id text, kind text, made_at bigint, revoked_at bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
    SELECT d.id, d.kind, d.made_at, d.revoked_at FROM device AS d
    WHERE d.person = p_person ORDER BY d.made_at, d.id COLLATE "C"
$$;

CREATE FUNCTION people.revoke_device(p_person text, p_device text, p_now bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
BEGIN
    UPDATE device SET revoked_at = p_now
    WHERE id = p_device AND person = p_person AND revoked_at IS NULL;
    RETURN FOUND;
END
$$;

CREATE FUNCTION people.revoke_devices(p_person text, p_now bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
DECLARE
    ended bigint;
BEGIN
    UPDATE device SET revoked_at = p_now WHERE person = p_person AND revoked_at IS NULL;
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END
$$;

-- -- no look: filing by the lake -------------------------------------------------------------------

CREATE FUNCTION people.file_pseudonyms(p_day integer, p_pseudonyms bytea[], p_people text[])
RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
BEGIN
    -- Held until the end, so that nobody is forgotten between being found and being filed.
    PERFORM FROM person WHERE id = ANY (p_people) ORDER BY id FOR KEY SHARE;
    INSERT INTO pseudonym (day, pseudonym, person)
    SELECT p_day, r.pseudonym, p.id
    FROM unnest(p_pseudonyms, p_people) AS r (pseudonym, person) JOIN person AS p ON p.id = r.person
    ORDER BY r.pseudonym
    ON CONFLICT DO NOTHING;
    RETURN QUERY SELECT id::text FROM person WHERE id = ANY (p_people);
END
$$;

CREATE FUNCTION people.file_beacons(p_days integer[], p_beacons bytea[], p_people text[])
RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
BEGIN
    PERFORM FROM person WHERE id = ANY (p_people) ORDER BY id FOR KEY SHARE;
    INSERT INTO beacon (day, beacon, person)
    SELECT r.day, r.beacon, p.id
    FROM unnest(p_days, p_beacons, p_people) AS r (day, beacon, person)
    JOIN person AS p ON p.id = r.person
    ORDER BY r.day, r.beacon
    ON CONFLICT DO NOTHING;
    RETURN QUERY SELECT id::text FROM person WHERE id = ANY (p_people);
END
$$;

CREATE FUNCTION people.people_of_beacons(p_day integer, p_beacons bytea[])
RETURNS TABLE (beacon bytea, person text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
    SELECT b.beacon, b.person FROM beacon AS b WHERE b.day = p_day AND b.beacon = ANY (p_beacons)
$$;

-- -- no look: who works here, and the contacts of a case -------------------------------------------

-- Calls of people who have no account here are not kept: nobody's circle is held for its own sake.
CREATE FUNCTION people.file_ties(p_day integer, p_ones bytea[], p_others bytea[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
    WITH ours AS (
        SELECT s.pseudonym, s.person
        FROM staff_account AS a
        JOIN person AS p ON p.number_lookup = a.number_hash
        JOIN pseudonym AS s ON s.day = p_day AND s.person = p.id
        WHERE a.ended_at IS NULL
    ), pairs AS (
        SELECT one, other FROM unnest(p_ones, p_others) AS u (one, other)
        UNION
        SELECT other, one FROM unnest(p_ones, p_others) AS u (one, other)
    )
    INSERT INTO colleague_tie (day, person, other)
    SELECT DISTINCT p_day, ours.person, s.person
    FROM ours
    JOIN pairs ON pairs.one = ours.pseudonym
    JOIN pseudonym AS s ON s.day = p_day AND s.pseudonym = pairs.other
    WHERE s.person <> ours.person
    ON CONFLICT DO NOTHING
$$;

-- Only for a number that a live account registered, and only contact numbers: who it is, is not said.
CREATE FUNCTION people.near(p_number_lookup bytea, p_case text)
RETURNS TABLE (contact text, nearness text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
    SELECT c.contact::text, CASE WHEN c.person = me.id THEN 'self' ELSE 'tied' END
    FROM person AS me
    JOIN case_contact AS c ON c.case_id = p_case
    WHERE me.number_lookup = p_number_lookup
        AND EXISTS (
            SELECT FROM staff_account AS a
            WHERE a.number_hash = p_number_lookup AND a.ended_at IS NULL
        )
        AND (
            c.person = me.id
            OR (
                EXISTS (
                    SELECT FROM colleague_tie AS t
                    WHERE t.person = me.id AND t.other = c.person
                )
                AND has_live(me.id, ARRAY['trace.ties'])
                AND has_live(c.person, ARRAY['trace.ties'])
            )
        )
$$;

-- -- two steps: access -----------------------------------------------------------------------------

CREATE FUNCTION people.open_access(
    p_reader people.reader, p_purpose text, p_fields text[], p_case text, p_people text[],
    p_seeds people.seed[], p_now bigint
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
DECLARE
    v_by_case boolean := p_purpose = 'trace' AND p_case IS NOT NULL;
    v_case fortnight.case_file;
    v_fields text;
    v_grants text[] := grants_for(p_purpose, p_case);
    v_people text[];
    v_seeds people.seed[];
BEGIN
    PERFORM check_first();
    SELECT string_agg(f, ',' ORDER BY f COLLATE "C") INTO v_fields
    FROM (SELECT DISTINCT unnest(p_fields)) AS one (f);
    IF (p_fields <@ fields_of(p_purpose) AND v_fields IS NOT NULL) IS NOT TRUE THEN
        PERFORM refuse(format('The purpose %s does not open these fields.', p_purpose));
    END IF;
    IF p_case IS NOT NULL AND NOT EXISTS (SELECT FROM case_file WHERE id = p_case) THEN
        PERFORM refuse('There is no such case: name the case that this is for.');
    END IF;
    IF v_by_case THEN
        v_case := standing_case(p_case);
        IF 'number' = ANY (p_fields) THEN
            PERFORM refuse('A number is opened for a case by `resolve`, one contact at a time.');
        END IF;
    ELSIF p_purpose = 'trace' AND v_fields <> 'number' THEN
        PERFORM refuse('Nobody is read for trace without a case.');
    END IF;
    SELECT
        array_agg(p.id::text),
        array_agg(ROW(s.look, s.leaf, s.salt, s.office_salt, s.contact)::people.seed)
    INTO v_people, v_seeds
    FROM unnest(p_people) WITH ORDINALITY AS w (person, n)
    JOIN unnest(p_seeds) WITH ORDINALITY AS s (look, leaf, salt, office_salt, contact, n) USING (n)
    JOIN person AS p ON p.id = w.person
    WHERE (cardinality(v_grants) = 0 OR has_live(p.id, v_grants))
        AND (NOT v_by_case OR belongs_to(p.id, v_case));
    IF v_people IS NULL THEN
        PERFORM refuse(format('Nobody to read for %s: not enrolled, or without a live grant.', p_purpose));
    END IF;
    PERFORM add_looks('look', p_reader, p_purpose, v_fields, p_case, v_people, v_seeds, p_now);
END
$$;

-- Asked once for all: a page looks at fifty people, and to ask for each took longer than all else.
CREATE FUNCTION people.read_access(p_looks text[])
RETURNS TABLE (
    look text, person text, purpose text, case_id text, number_sealed bytea, language text,
    has_pseudonyms boolean, days integer[], pseudonyms bytea[], contact text
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
DECLARE
    v_taken text[];
    v_asked record;
BEGIN
    SELECT array_agg(t.id) INTO v_taken FROM take_looks(p_looks) AS t;
    IF v_taken IS NULL THEN -- no look at all, whoever it was at
        PERFORM refuse('No look is committed: open the access first, then read.');
    END IF;
    FOR v_asked IN
        SELECT DISTINCT l.case_id, l.fields, l.role FROM look AS l
        WHERE l.id = ANY (v_taken) AND l.purpose = 'trace' AND l.case_id IS NOT NULL
    LOOP
        IF 'number' = ANY (string_to_array(v_asked.fields, ',')) THEN
            PERFORM refuse('This look resolves a contact: it is read as that.');
        END IF;
        IF v_asked.fields = 'case,contact' THEN
            PERFORM exported_case(v_asked.case_id, v_asked.role);
        ELSE
            PERFORM standing_case(v_asked.case_id);
        END IF;
    END LOOP;
    RETURN QUERY SELECT
        l.id::text,
        l.person::text,
        l.purpose::text,
        l.case_id::text,
        CASE WHEN 'number' = ANY (named.fields) THEN p.number_sealed END,
        CASE WHEN 'language' = ANY (named.fields) THEN p.language END::text,
        'pseudonyms' = ANY (named.fields),
        (SELECT array_agg(s.day ORDER BY s.day) FROM pseudonym AS s WHERE s.person = p.id
            AND 'pseudonyms' = ANY (named.fields)),
        (SELECT array_agg(s.pseudonym ORDER BY s.day) FROM pseudonym AS s
            WHERE s.person = p.id AND 'pseudonyms' = ANY (named.fields)),
        CASE WHEN 'contact' = ANY (named.fields) THEN c.contact END::text
    FROM unnest(p_looks) WITH ORDINALITY AS w (id, n)
    JOIN look AS l ON l.id = w.id AND l.id = ANY (v_taken)
    CROSS JOIN LATERAL (
        SELECT string_to_array(l.fields, ',') AS fields, grants_for(l.purpose, l.case_id) AS grants
    ) AS named
    JOIN person AS p ON p.id = l.person
    LEFT JOIN case_file AS f ON f.id = l.case_id
    LEFT JOIN case_contact AS c ON c.case_id = l.case_id AND c.person = l.person
    WHERE (l.purpose <> 'trace' OR l.case_id IS NULL OR f.person = l.person OR c.person IS NOT NULL)
        AND (
            cardinality(named.grants) = 0
            OR EXISTS (
                SELECT FROM consent_grant AS g
                WHERE g.person = l.person AND g.kind = ANY (named.grants)
                    AND g.withdrawn_at IS NULL
            )
        )
    ORDER BY w.n;
END
$$;

-- -- two steps: the case's own pseudonyms ----------------------------------------------------------

CREATE FUNCTION people.own_person(p_case text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_case fortnight.case_file := standing_case(p_case);
    v_person text;
BEGIN
    SELECT id INTO v_person FROM person
    WHERE id = v_case.person AND number_lookup = v_case.number_hash;
    IF NOT FOUND THEN
        PERFORM refuse('The tested person of this case is not enrolled.');
    END IF;
    PERFORM check_grant(v_person, p_case);
    RETURN v_person;
END
$$;

CREATE FUNCTION people.open_own(
    p_case text, p_reader people.reader, p_seed people.seed, p_now bigint
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
BEGIN
    PERFORM check_first();
    PERFORM add_looks(
        'look', p_reader, 'trace', 'pseudonyms', p_case, ARRAY[own_person(p_case)],
        ARRAY[p_seed], p_now
    );
END
$$;

CREATE FUNCTION people.read_own(p_look text, p_days integer[])
RETURNS TABLE (day integer, pseudonym bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
DECLARE
    v_look fortnight.look := take_one(p_look, 'pseudonyms');
BEGIN
    IF v_look.person <> own_person(v_look.case_id) THEN
        PERFORM refuse('This look is not at the tested person of its case.');
    END IF;
    RETURN QUERY SELECT s.day, s.pseudonym FROM pseudonym AS s
    WHERE s.person = v_look.person AND s.day = ANY (p_days) ORDER BY s.day;
END
$$;

-- -- two steps: the contacts that a search found ---------------------------------------------------

CREATE FUNCTION people.rows_that_count(p_case fortnight.case_file, p_found people.found_row[])
RETURNS TABLE (n bigint, person text, strong boolean) LANGUAGE sql STABLE AS $$
    SELECT f.n, s.person, f.strong
    FROM unnest(p_found) WITH ORDINALITY AS f (day, pseudonym, strong, grants, n)
    JOIN pseudonym AS s ON s.day = f.day AND s.pseudonym = f.pseudonym
    WHERE s.person IS DISTINCT FROM p_case.person
        AND NOT EXISTS (
            SELECT FROM person AS p
            WHERE p.id = s.person AND p.number_lookup = p_case.number_hash
        )
        AND EXISTS (
            SELECT FROM consent_grant AS g
            WHERE g.person = s.person
                AND g.withdrawn_at IS NULL
                AND g.kind = ANY (f.grants)
                AND g.kind = ANY (grants_for('trace', p_case.id))
        )
$$;

CREATE FUNCTION people.open_group(
    p_case text, p_reader people.reader, p_found people.found_row[], p_seeds people.seed[],
    p_now bigint
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
DECLARE
    v_case fortnight.case_file := standing_case(p_case);
    v_people text[];
    v_first bigint[];
    v_seeds people.seed[];
BEGIN
    PERFORM check_first();
    SELECT array_agg(c.person::text), array_agg(c.first) INTO v_people, v_first
    FROM (
        SELECT r.person, min(r.n) AS first FROM rows_that_count(v_case, p_found) AS r
        GROUP BY r.person HAVING bool_or(r.strong)
    ) AS c;
    PERFORM FROM person WHERE id = ANY (v_people) ORDER BY id FOR KEY SHARE;
    -- whoever was forgotten since is not joined any more
    SELECT
        array_agg(c.person ORDER BY c.person),
        array_agg(
            ROW(s.look, s.leaf, s.salt, s.office_salt, s.contact)::people.seed ORDER BY c.person
        )
    INTO v_people, v_seeds
    FROM unnest(v_people, v_first) AS c (person, first)
    JOIN person AS p ON p.id = c.person
    JOIN unnest(p_seeds) WITH ORDINALITY AS s (look, leaf, salt, office_salt, contact, n)
        ON s.n = c.first;
    INSERT INTO case_contact (case_id, contact, person, made_at)
    SELECT p_case, s.contact, s.person, p_now
    FROM unnest(v_people, v_seeds) AS s (person, look, leaf, salt, office_salt, contact)
    ON CONFLICT (case_id, person) DO NOTHING;
    PERFORM add_looks('look', p_reader, 'trace', 'contact', p_case, v_people, v_seeds, p_now);
END
$$;

CREATE FUNCTION people.read_group(
    p_case text, p_found people.found_row[], p_seeds people.seed[]
) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
DECLARE
    v_case fortnight.case_file := standing_case(p_case);
    v_looks text[];
    v_people text[];
BEGIN
    SELECT array_agg(l.id) INTO v_looks FROM unnest(p_seeds) AS s JOIN look AS l ON l.id = s.look
    WHERE l.case_id = p_case AND l.purpose = 'trace' AND l.fields = 'contact';
    IF v_looks IS NOT NULL THEN
        SELECT array_agg(t.person) INTO v_people FROM take_looks(v_looks) AS t;
    END IF;
    RETURN QUERY
    WITH numbered AS MATERIALIZED (
        SELECT r.n, c.contact
        FROM rows_that_count(v_case, p_found) AS r
        JOIN (SELECT DISTINCT v.person FROM unnest(v_people) AS v (person)) AS p
            ON p.person = r.person
        JOIN case_contact AS c ON c.case_id = p_case AND c.person = r.person
    )
    SELECT r.contact::text
    FROM generate_series(1, cardinality(p_found)) AS f (n)
    LEFT JOIN numbered AS r ON r.n = f.n
    ORDER BY f.n;
END
$$;

-- -- two steps: who one contact is -----------------------------------------------------------------

CREATE FUNCTION people.open_resolve(
    p_case text, p_contact text, p_reader people.reader, p_seed people.seed, p_now bigint
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
DECLARE
    v_case fortnight.case_file := standing_case(p_case);
    v_person text;
BEGIN
    PERFORM check_first();
    SELECT person INTO v_person FROM case_contact
    WHERE case_id = v_case.id AND contact = p_contact;
    IF NOT FOUND THEN
        PERFORM refuse('This case has no such contact: its trace did not return them.');
    END IF;
    PERFORM check_grant(v_person, p_case);
    PERFORM add_looks(
        'resolve', p_reader, 'trace', 'language,number', p_case, ARRAY[v_person], ARRAY[p_seed],
        p_now
    );
END
$$;

CREATE FUNCTION people.read_resolve(p_look text)
RETURNS TABLE (
    look text, person text, purpose text, case_id text, number_sealed bytea, language text
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
DECLARE
    v_look fortnight.look := take_one(p_look, 'language,number');
    v_case fortnight.case_file := standing_case(v_look.case_id);
BEGIN
    PERFORM check_grant(v_look.person, v_case.id);
    UPDATE case_contact AS c SET resolved_at = v_look.at
    WHERE c.case_id = v_case.id AND c.person = v_look.person;
    IF NOT FOUND THEN
        PERFORM refuse('This contact was erased a moment ago.');
    END IF;
    RETURN QUERY SELECT
        v_look.id::text, p.id::text, v_look.purpose::text, v_look.case_id::text, p.number_sealed,
        p.language::text
    FROM person AS p WHERE p.id = v_look.person;
END
$$;

-- -- two steps: where one contact met the case, not who they are -----------------------------------

CREATE FUNCTION people.open_view(
    p_case text, p_contacts text[], p_reader people.reader, p_seeds people.seed[], p_now bigint
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
DECLARE
    v_case fortnight.case_file := standing_case(p_case);
    v_grants text[] := grants_for('trace', p_case);
    v_people text[];
    v_seeds people.seed[];
BEGIN
    PERFORM check_first();
    SELECT
        array_agg(c.person::text),
        array_agg(ROW(s.look, s.leaf, s.salt, s.office_salt, s.contact)::people.seed)
    INTO v_people, v_seeds
    FROM unnest(p_contacts) WITH ORDINALITY AS w (contact, n)
    JOIN unnest(p_seeds) WITH ORDINALITY AS s (look, leaf, salt, office_salt, contact, n) USING (n)
    JOIN case_contact AS c ON c.case_id = v_case.id AND c.contact = w.contact
    WHERE EXISTS ( -- as `has_live`, which the database would call for each
        SELECT FROM consent_grant AS g
        WHERE g.person = c.person AND g.kind = ANY (v_grants) AND g.withdrawn_at IS NULL
    );
    IF v_people IS NULL THEN
        PERFORM refuse('No such contact of this case has a live grant for trace.');
    END IF;
    PERFORM add_looks(
        'look', p_reader, 'trace', 'contact,evidence', p_case, v_people, v_seeds, p_now
    );
END
$$;

-- -- two steps: the contacts of a case, for an export ----------------------------------------------

CREATE FUNCTION people.open_export(
    p_case text, p_contacts text[], p_reader people.reader, p_seeds people.seed[],
    p_own people.seed, p_now bigint
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
DECLARE
    v_case fortnight.case_file := exported_case(p_case, p_reader.role);
    v_grants text[] := grants_for('trace', p_case);
    v_people text[];
    v_seeds people.seed[];
BEGIN
    PERFORM check_first();
    SELECT array_agg(o.id::text), array_agg(o.seed) INTO v_people, v_seeds
    FROM (
        SELECT
            c.person AS id,
            ROW(s.look, s.leaf, s.salt, s.office_salt, s.contact)::people.seed AS seed
        FROM unnest(p_contacts) WITH ORDINALITY AS w (contact, n)
        JOIN unnest(p_seeds) WITH ORDINALITY AS s (look, leaf, salt, office_salt, contact, n)
            USING (n)
        JOIN case_contact AS c ON c.case_id = v_case.id AND c.contact = w.contact
        UNION ALL
        SELECT p.id, p_own FROM person AS p WHERE p.id = v_case.person
    ) AS o
    WHERE has_live(o.id, v_grants);
    IF v_people IS NULL THEN
        PERFORM refuse('Nobody of this case has a live grant for trace: nothing is opened.');
    END IF;
    PERFORM add_looks(
        'look', p_reader, 'trace', 'case,contact', p_case, v_people, v_seeds, p_now
    );
END
$$;

-- -- two steps: which contacts of a case are cases themselves --------------------------------------

CREATE FUNCTION people.other_cases(p_case text)
RETURNS TABLE (contact text, person text, other text) LANGUAGE sql STABLE AS $$
    SELECT c.contact, c.person, f.id
    FROM case_contact AS c
    JOIN case_file AS own ON own.id = c.case_id
    JOIN case_file AS f ON f.person = c.person AND f.id <> own.id AND f.disease = own.disease
    WHERE c.case_id = p_case AND f.agreed_at IS NOT NULL AND f.state <> 'withdrawn'
$$;

CREATE FUNCTION people.open_links(
    p_case text, p_contacts text[], p_reader people.reader, p_seeds people.seed[], p_now bigint
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
DECLARE
    v_case fortnight.case_file := standing_case(p_case);
    v_grants text[] := grants_for('trace', p_case);
    v_people text[];
    v_seeds people.seed[];
BEGIN
    PERFORM check_first();
    SELECT
        array_agg(ill.person),
        array_agg(ROW(s.look, s.leaf, s.salt, s.office_salt, s.contact)::people.seed)
    INTO v_people, v_seeds
    FROM unnest(p_contacts) WITH ORDINALITY AS w (contact, n)
    JOIN unnest(p_seeds) WITH ORDINALITY AS s (look, leaf, salt, office_salt, contact, n) USING (n)
    JOIN (SELECT DISTINCT o.contact, o.person FROM other_cases(v_case.id) AS o) AS ill
        ON ill.contact = w.contact
    WHERE has_live(ill.person, v_grants);
    IF v_people IS NOT NULL THEN
        PERFORM add_looks(
            'look', p_reader, 'trace', 'case,contact', p_case, v_people, v_seeds, p_now
        );
    END IF;
END
$$;

CREATE FUNCTION people.read_links(p_looks text[]) RETURNS TABLE (contact text, other text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT o.contact, o.other
    FROM take_looks(p_looks) AS t
    JOIN case_file AS f ON f.id = t.case_id AND f.state NOT IN ('closed', 'withdrawn')
    CROSS JOIN LATERAL other_cases(t.case_id) AS o
    WHERE o.person = t.person AND t.purpose = 'trace' AND t.fields = 'case,contact'
        AND has_live(t.person, grants_for('trace', t.case_id))
    ORDER BY o.contact, o.other;
END
$$;

-- -- endings ---------------------------------------------------------------------------------------

CREATE FUNCTION people.forget_person(p_person text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
    DELETE FROM person WHERE id = p_person
$$;

CREATE FUNCTION people.forget_day(p_day integer) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
    DELETE FROM pseudonym WHERE day = p_day;
    DELETE FROM beacon WHERE day = p_day;
    DELETE FROM colleague_tie WHERE day = p_day;
$$;

CREATE FUNCTION people.forget_case(p_case text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
    DELETE FROM case_contact WHERE case_id = p_case
$$;

CREATE FUNCTION people.days() RETURNS SETOF integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
    SELECT day FROM pseudonym UNION SELECT day FROM beacon
    UNION SELECT day FROM colleague_tie ORDER BY day
$$;

CREATE FUNCTION people.cases() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
    SELECT DISTINCT case_id::text COLLATE "C" FROM case_contact ORDER BY 1
$$;

-- A look stays as long as the person it was at may ask for it.
CREATE FUNCTION people.keep_look() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = people, fortnight, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM person WHERE id = OLD.person)
        AND OLD.at > extract(epoch FROM clock_timestamp() - interval '14 days') * 1000
    THEN
        PERFORM refuse('Looks of the last 14 days at somebody enrolled are not deleted.');
    END IF;
    RETURN OLD;
END
$$;
CREATE TRIGGER keep_look BEFORE DELETE ON fortnight.look
FOR EACH ROW EXECUTE FUNCTION people.keep_look();

-- -- who may call what -----------------------------------------------------------------------------

REVOKE ALL ON ALL TABLES IN SCHEMA people FROM PUBLIC, {app};
REVOKE ALL ON ALL SEQUENCES IN SCHEMA people FROM PUBLIC, {app};
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA people FROM PUBLIC, {app};
REVOKE ALL ON SCHEMA people FROM PUBLIC, {app};
GRANT USAGE ON SCHEMA people TO {app};
GRANT EXECUTE ON FUNCTION
    people.enrol,
    people.with_lookup,
    people.with_lookups,
    people.ids,
    people.add_devices,
    people.device_of,
    people.devices_of,
    people.owntracks_key,
    people.revoke_device,
    people.revoke_devices,
    people.file_pseudonyms,
    people.file_beacons,
    people.people_of_beacons,
    people.file_ties,
    people.near,
    people.open_access,
    people.read_access,
    people.open_own,
    people.read_own,
    people.open_group,
    people.read_group,
    people.open_resolve,
    people.read_resolve,
    people.open_view,
    people.open_export,
    people.open_links,
    people.read_links,
    people.forget_person,
    people.forget_day,
    people.forget_case,
    people.days,
    people.cases
TO {app};
