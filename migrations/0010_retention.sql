-- Retention: a chain's first records may go, by a cut that the chain itself
-- records, and not while a legal hold stands.

-- Where a chain begins now: the last record that went, and the tree (RFC 6962)
-- over all records up to it, so that the rest still links and still leads to the
-- roots of later checkpoints. Of several the last counts.
CREATE TABLE audit_cut (
    tenant     text NOT NULL,
    seq        bigint NOT NULL,
    hash       bytea NOT NULL,
    frontier   bytea NOT NULL,
    record_seq bigint NOT NULL,
    cut_us     bigint NOT NULL,

    PRIMARY KEY (tenant, seq),

    CONSTRAINT "a cut takes at least one record"
        CHECK (seq >= 1),
    CONSTRAINT "a cut's hash is a SHA-256 of 32 bytes"
        CHECK (octet_length(hash) = 32),
    CONSTRAINT "a tree has a subtree of 32 bytes for each bit of its size"
        CHECK (octet_length(frontier) = 32 * bit_count(seq::bit(64))),
    CONSTRAINT "a cut is recorded behind what it takes"
        CHECK (record_seq > seq),
    CONSTRAINT "a cut's time is in microseconds since 1970 and not before it"
        CHECK (cut_us >= 0)
);
SELECT audit_only_grows('audit_cut');
SELECT audit_read_by_tenant('audit_cut');
-- Cutting is the owner's.
REVOKE INSERT ON audit_cut FROM cordon_app;

-- A hold stands from its record on until one that releases it. The chain alone
-- says so: there is no second place that could say something else, and a hold
-- that stands keeps its own record from being cut.
CREATE INDEX audit_record_of_holds ON audit_record (tenant, seq) WHERE kind IN ('hold_placed', 'hold_released');

-- The bodies of these functions are bound to their tables here, whatever a
-- session's search path says later.
CREATE FUNCTION audit_hold_events(chain text) RETURNS TABLE (hold text, kind text, seq bigint) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT r.body::jsonb ->> 'hold', r.kind, r.seq
    FROM audit_record r WHERE r.tenant = chain AND r.kind IN ('hold_placed', 'hold_released');
END;

CREATE FUNCTION audit_standing_holds(chain text) RETURNS SETOF text LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT last.hold FROM (
        SELECT DISTINCT ON (e.hold) e.hold, e.kind FROM audit_hold_events(chain) e ORDER BY e.hold, e.seq DESC
    ) last WHERE last.kind = 'hold_placed' ORDER BY 1;
END;

CREATE FUNCTION audit_cut_through(chain text) RETURNS bigint LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT coalesce(max(c.seq), 0) FROM audit_cut c WHERE c.tenant = chain;
END;

CREATE FUNCTION audit_cut_is_recorded(c audit_cut) RETURNS boolean LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT EXISTS (SELECT FROM audit_record r WHERE r.tenant = c.tenant AND r.seq = c.seq AND r.hash = c.hash)
       AND EXISTS (SELECT FROM audit_record r
                   WHERE r.tenant = c.tenant AND r.seq = c.record_seq AND r.kind = 'retention_cut'
                     AND (r.body::jsonb ->> 'through_seq')::bigint = c.seq
                     AND r.body::jsonb ->> 'through_hash' = encode(c.hash, 'hex'));
END;

CREATE FUNCTION audit_check_cut() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT audit_cut_is_recorded(NEW) THEN
        RAISE EXCEPTION 'the chain of % has no record of a cut through record %', NEW.tenant, NEW.seq
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF EXISTS (SELECT FROM audit_standing_holds(NEW.tenant)) THEN
        RAISE EXCEPTION 'a legal hold stands on the log of %', NEW.tenant USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER audit_cut_is_recorded_and_free BEFORE INSERT ON audit_cut
    FOR EACH ROW EXECUTE FUNCTION audit_check_cut();

-- Records go only where a cut covers them and no hold stands: looked at once for
-- each statement, since a cut takes many. By then the records are gone, and those
-- of holds may be among them.
CREATE FUNCTION audit_refuse_uncut() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    chain text;
    last_seq bigint;
BEGIN
    FOR chain, last_seq IN SELECT g.tenant, max(g.seq) FROM gone g GROUP BY g.tenant LOOP
        IF last_seq > audit_cut_through(chain) THEN
            RAISE EXCEPTION 'the audit log only grows: DELETE of record % of % is refused, no recorded cut covers it',
                last_seq, chain USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF EXISTS (
            SELECT FROM (
                SELECT DISTINCT ON (e.hold) e.hold, e.kind FROM (
                    SELECT * FROM audit_hold_events(chain)
                    UNION ALL SELECT g.body::jsonb ->> 'hold', g.kind, g.seq FROM gone g
                    WHERE g.tenant = chain AND g.kind IN ('hold_placed', 'hold_released')
                ) e ORDER BY e.hold, e.seq DESC
            ) last WHERE last.kind = 'hold_placed'
        ) THEN
            RAISE EXCEPTION 'a legal hold stands on the log of %', chain USING ERRCODE = 'insufficient_privilege';
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
DROP TRIGGER audit_record_is_not_changed ON audit_record;
CREATE TRIGGER audit_record_is_not_changed BEFORE UPDATE ON audit_record
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_record_is_only_cut AFTER DELETE ON audit_record
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_uncut();

-- What a record may be. Older records are not looked at again: verifying does.
ALTER TABLE audit_record
    ADD CONSTRAINT "a record is of a kind that Cordon records" CHECK (kind IN (
        'accepted', 'ended', 'refused', 'audit_read', 'started', 'stopped', 'key_created', 'key_revoked',
        'key_used_after_revocation', 'policy_changed', 'audit_exported', 'audit_verified', 'checkpoint_made',
        'retention_cut', 'hold_placed', 'hold_released', 'digest_key_erased', 'vault_read', 'vault_erased',
        'clock_stepped')) NOT VALID,
    ADD CONSTRAINT "a body names the chain that it stands in"
        CHECK (strpos(body, '"tenant":"' || tenant || '"') > 0) NOT VALID,
    ADD CONSTRAINT "a body names its record"
        CHECK (strpos(body, '"record":"' || record_id::text || '"') > 0) NOT VALID,
    ADD CONSTRAINT "a body names its kind"
        CHECK (strpos(body, '"kind":"' || kind || '"') > 0) NOT VALID;

-- A head stands at a record: looked at once for each append.
CREATE FUNCTION audit_head_has_record(chain text, place bigint, link bytea) RETURNS boolean LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT EXISTS (SELECT FROM audit_record r WHERE r.tenant = chain AND r.seq = place AND r.hash = link);
END;

CREATE FUNCTION audit_check_heads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM moved m WHERE m.seq > 0 AND NOT audit_head_has_record(m.tenant, m.seq, m.hash)) THEN
        RAISE EXCEPTION 'a head of the audit log stands at its last record' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER audit_head_stands_at_a_record AFTER UPDATE ON audit_head
    REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION audit_check_heads();
