-- What the service's own role may do in the schemas of this database but that of people.
-- A table that is not named here is closed to it.

REVOKE ALL ON ALL TABLES IN SCHEMA fortnight FROM PUBLIC, {app};
REVOKE ALL ON ALL SEQUENCES IN SCHEMA fortnight FROM PUBLIC, {app};
REVOKE ALL ON SCHEMA fortnight FROM PUBLIC, {app};
GRANT USAGE ON SCHEMA fortnight TO {app};

-- The queue makes its own tables, and moves them with its own versions.
GRANT USAGE, CREATE ON SCHEMA dbos TO {app};

SET LOCAL search_path = fortnight, pg_temp;

GRANT SELECT ON ALL TABLES IN SCHEMA fortnight TO {app};

-- Looks are written by the functions of people alone; see keep_look for which may be deleted.
GRANT DELETE ON look TO {app};

-- Who opens access must not see whom they opened before it is committed: they could roll back.
-- The entry of the log would tell as well, to whoever knows its salts and tries every id.
ALTER TABLE look ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_leaf ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS committed ON look;
DROP POLICY IF EXISTS committed ON ledger_leaf;
CREATE POLICY committed ON look USING (xid IS DISTINCT FROM pg_current_xact_id_if_assigned());
CREATE POLICY committed ON ledger_leaf
USING (xid IS DISTINCT FROM pg_current_xact_id_if_assigned()) WITH CHECK (true);

-- The log grows; of what it holds nothing is changed or deleted.
GRANT INSERT (id, kind, entry, made_at, place) ON ledger_leaf TO {app};
GRANT UPDATE (place) ON ledger_leaf TO {app};
GRANT INSERT, UPDATE ON ledger_head TO {app};

-- A grant is withdrawn, never rewritten.
GRANT INSERT, DELETE ON consent_grant TO {app};
GRANT UPDATE (withdrawn_at, withdrawn_salt, withdrawn_leaf) ON consent_grant TO {app};

GRANT INSERT, DELETE ON arrival, receipt, delivery, hidden_stay TO {app};
GRANT USAGE ON SEQUENCE arrival_id_seq TO {app};
GRANT INSERT, UPDATE, DELETE ON lake_file, lake_day TO {app};
GRANT INSERT, UPDATE, DELETE ON never_sent, never_sent_count, check_in TO {app};
GRANT INSERT, DELETE ON sending_phone, venue, venue_code TO {app};
GRANT UPDATE (ended_at) ON venue TO {app};

-- A case never changes its token or its number: the functions of people go by them.
GRANT INSERT, DELETE ON case_file, laboratory_token TO {app};
GRANT UPDATE (
    person, state, disease, onset_day, test_day, sample_at, code_hash, code_tries, code_expires_at,
    agreed_at, follow_up_end_day, closed_at
) ON case_file TO {app};
GRANT UPDATE (used_at) ON laboratory_token TO {app};
GRANT INSERT, DELETE ON laboratory, operator TO {app};
GRANT UPDATE (revoked_at) ON laboratory, operator TO {app};

GRANT INSERT, UPDATE, DELETE ON trace_run, exposure, exposure_detail, alarm, message, erasure
TO {app};

-- What a gateway said of a text, and what somebody wrote back, is never rewritten.
GRANT INSERT, DELETE ON message_part, text_entry, receipt_heard, inbound, call_task TO {app};
GRANT UPDATE (done_at, done_by) ON inbound, call_task TO {app};
GRANT INSERT, UPDATE, DELETE ON own_zone TO {app};

-- The office. Who has an account, by whom a decision was taken and when, is never rewritten.
GRANT INSERT, DELETE ON staff_account, decision TO {app};
GRANT UPDATE (
    subject, name, role, district, number_hash, ties_at, invite_hash, invite_until, ended_at
)
ON staff_account TO {app};
GRANT UPDATE (needs_second, second_by, second_at, retracted_at, retracted_why) ON decision TO {app};
GRANT INSERT, DELETE ON call_record, case_note, case_change, case_merge, case_source, case_link,
    staff_conflict,
    staff_ceremony, intake_refusal
TO {app};
GRANT INSERT, UPDATE, DELETE ON staff_passkey, staff_session, case_assignment, named_contact,
    intake_upload, review
TO {app};

-- Follow-up and support. What a person's record says was done is never rewritten.
GRANT INSERT, DELETE ON support_record, became_case, support_ticket, support_pause, exposure_reply,
    follow_up
TO {app};
GRANT UPDATE (state, by_voice, household, first_day, end_day, sealed, ended_at) ON follow_up
TO {app};
GRANT UPDATE (sealed, due_at, owner, partner, outcome, ended_at, ended_by) ON support_ticket
TO {app};
GRANT UPDATE (ended_at) ON support_pause TO {app};
GRANT UPDATE (
    before_minutes, before_tier, after_minutes, after_tier,
    answered_at, answered_by, stands, answer_sealed
)
ON exposure_reply TO {app};
GRANT INSERT, UPDATE, DELETE ON follow_day, portal_code, household_code, home_reminder, duty_ring
TO {app};

-- Enrolment. Who cares for whom, and when another PIN was asked for, is never rewritten.
GRANT INSERT, UPDATE, DELETE ON enrolment, entry_code, entry_limit, portal_pin, portal_passkey
TO {app};
GRANT INSERT, DELETE ON portal_ceremony, pin_reset, start_over, guardianship TO {app};

CREATE OR REPLACE FUNCTION fortnight.keep_leaf() RETURNS trigger
LANGUAGE plpgsql SET search_path = fortnight, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.place IS NULL THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE'
        AND (NEW.id, NEW.kind, NEW.entry, NEW.made_at)
            IS NOT DISTINCT FROM (OLD.id, OLD.kind, OLD.entry, OLD.made_at)
        AND NEW.place = coalesce(OLD.place, NEW.place)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'FN001', MESSAGE =
        'An entry of the log is added without a place, is given its place once, and stays.';
END
$$;
REVOKE ALL ON FUNCTION fortnight.keep_leaf FROM PUBLIC;
CREATE OR REPLACE TRIGGER keep_leaf BEFORE INSERT OR UPDATE OR DELETE ON ledger_leaf
FOR EACH ROW EXECUTE FUNCTION fortnight.keep_leaf();
CREATE OR REPLACE TRIGGER keep_leaves BEFORE TRUNCATE ON ledger_leaf
FOR EACH STATEMENT EXECUTE FUNCTION fortnight.keep_leaf();
