-- Three group roles, so that who runs Cordon need not be able to change the log:
--   cordon_owner    owns the tables: migrations and retention
--   cordon_app      what a running Cordon is: it adds to the log and reads it
--   cordon_auditor  reads the log of the tenants that audit_reader names
-- They are groups: logins are made members of them. Roles belong to the whole
-- cluster, so they may be there already, or come into being meanwhile.
DO $$
DECLARE
    role text;
    schema text := current_schema();
BEGIN
    FOREACH role IN ARRAY ARRAY['cordon_owner', 'cordon_app', 'cordon_auditor'] LOOP
        IF to_regrole(role) IS NULL THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', role);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- made for another database of the cluster at this moment
            END;
        END IF;
    END LOOP;
    FOREACH role IN ARRAY ARRAY['cordon_owner', 'cordon_app'] LOOP
        BEGIN
            EXECUTE format('SET LOCAL ROLE %I', role);
        EXCEPTION WHEN insufficient_privilege THEN
            BEGIN
                EXECUTE format('GRANT %I TO CURRENT_USER', role);
            EXCEPTION WHEN unique_violation THEN
                NULL; -- granted at this moment
            END;
            EXECUTE format('SET LOCAL ROLE %I', role);
        END;
        SET LOCAL ROLE NONE;
    END LOOP;
    IF NOT has_schema_privilege('cordon_owner', schema, 'USAGE')
        OR NOT has_schema_privilege('cordon_owner', schema, 'CREATE') THEN
        EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO cordon_owner', schema);
    END IF;
    IF NOT has_schema_privilege('cordon_app', schema, 'USAGE')
        OR NOT has_schema_privilege('cordon_auditor', schema, 'USAGE') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO cordon_app, cordon_auditor', schema);
    END IF;
    -- Granting what one may not grant is only a warning.
    IF NOT has_schema_privilege('cordon_owner', schema, 'CREATE') THEN
        RAISE insufficient_privilege;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format(
        'the database user %1$I may not set up Cordon''s roles. A database administrator runs once, in this database '
        '(leaving out roles that are there): CREATE ROLE cordon_owner NOLOGIN; CREATE ROLE cordon_app NOLOGIN; '
        'CREATE ROLE cordon_auditor NOLOGIN; GRANT cordon_owner, cordon_app TO %1$I; '
        'GRANT USAGE, CREATE ON SCHEMA %2$I TO cordon_owner; '
        'GRANT USAGE ON SCHEMA %2$I TO cordon_app, cordon_auditor;', session_user, schema);
END
$$;

ALTER TABLE tenant OWNER TO cordon_owner;
ALTER TABLE api_key OWNER TO cordon_owner;
ALTER TABLE audit_head OWNER TO cordon_owner;
ALTER TABLE audit_record OWNER TO cordon_owner;
ALTER TABLE vault_key OWNER TO cordon_owner;
ALTER TABLE vault_token OWNER TO cordon_owner;
ALTER TABLE vault_object OWNER TO cordon_owner;
ALTER TABLE _sqlx_migrations OWNER TO cordon_owner;
ALTER FUNCTION audit_refuse() OWNER TO cordon_owner;

-- From here on this session is the owner, and so is what later migrations make.
SET ROLE cordon_owner;

-- What the program does, and nothing else.
GRANT SELECT ON _sqlx_migrations TO cordon_app;
GRANT SELECT, INSERT ON tenant TO cordon_app;
GRANT SELECT, INSERT, UPDATE (revoked_at) ON api_key TO cordon_app;
GRANT SELECT, INSERT, UPDATE (seq, hash) ON audit_head TO cordon_app;
-- FOR KEY SHARE asks for the right to update some column.
GRANT SELECT, INSERT, DELETE, UPDATE (created_at) ON vault_key TO cordon_app;
GRANT SELECT, INSERT, DELETE, UPDATE (expires_at_s) ON vault_token TO cordon_app;
GRANT SELECT, INSERT, DELETE, UPDATE (mapping, key_id, sealed, expires_at_s) ON vault_object TO cordon_app;

-- Which tenants' logs a database login may read as a member of cordon_auditor.
CREATE TABLE audit_reader (
    login  name NOT NULL,
    tenant text NOT NULL,

    PRIMARY KEY (login, tenant),

    CONSTRAINT "a chain is named by 1 to 63 of a-z, 0-9, - and _"
        CHECK (tenant ~ '^[a-z0-9_][a-z0-9_-]{0,62}$')
);
ALTER TABLE audit_reader ENABLE ROW LEVEL SECURITY;
CREATE POLICY "a login sees its own" ON audit_reader FOR SELECT TO cordon_auditor USING (login = session_user);
GRANT SELECT ON audit_reader TO cordon_auditor;

-- Makes a table with a column `tenant` readable, tenant by tenant. The login
-- counts and not the role it plays: SET ROLE does not change whose log is shown.
CREATE FUNCTION audit_read_by_tenant(log regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', log);
    EXECUTE format('CREATE POLICY "cordon_app sees all" ON %s TO cordon_app USING (true) WITH CHECK (true)', log);
    EXECUTE format('CREATE POLICY "an auditor sees its tenants" ON %s FOR SELECT TO cordon_auditor '
        'USING (tenant IN (SELECT r.tenant FROM audit_reader r WHERE r.login = session_user))', log);
    EXECUTE format('GRANT SELECT ON %s TO cordon_app, cordon_auditor', log);
END
$$;

-- Makes a table one that only grows. Row triggers do not fire on TRUNCATE, so it
-- has a statement trigger of its own.
CREATE FUNCTION audit_only_grows(log regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    log_name text := (SELECT relname FROM pg_class WHERE oid = log);
BEGIN
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION audit_refuse()',
        log_name || '_is_not_changed', log);
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()',
        log_name || '_is_not_emptied', log);
    EXECUTE format('GRANT SELECT, INSERT ON %s TO cordon_app', log);
END
$$;

SELECT audit_read_by_tenant('audit_head');
SELECT audit_read_by_tenant('audit_record');
GRANT INSERT ON audit_record TO cordon_app;

-- A chain begins empty: a head that is put in later must not skip records.
CREATE TRIGGER audit_head_begins_at_zero BEFORE INSERT ON audit_head
    FOR EACH ROW WHEN (NEW.seq <> 0) EXECUTE FUNCTION audit_refuse();

-- The usual questions. The views read with the rights of who asks.
CREATE VIEW audit_event WITH (security_invoker = true) AS
SELECT tenant, seq, timestamptz 'epoch' + event_time_us * interval '1 microsecond' AS event_time, kind, record_id,
       request_id, body::jsonb AS event, encode(hash, 'hex') AS hash
FROM audit_record;

-- One row a request: how it was let on or refused, and how it ended.
CREATE VIEW audit_request WITH (security_invoker = true) AS
SELECT a.tenant, a.request_id, a.seq, e.seq AS end_seq, a.event_time, e.event_time AS end_time,
       CASE WHEN a.kind = 'refused' THEN 'refused' ELSE coalesce(e.event ->> 'outcome', 'open') END AS outcome,
       coalesce(e.event ->> 'code', a.event ->> 'code') AS code,
       coalesce(e.event ->> 'http_status', a.event ->> 'http_status')::int AS http_status,
       a.event ->> 'key_id' AS key_id, a.event ->> 'conversation' AS conversation, a.event ->> 'route' AS route,
       a.event ->> 'model_asked' AS model_asked, t.target ->> 'model' AS model, t.target ->> 'provider' AS provider,
       t.target ->> 'region' AS region, a.event #>> '{policy,id}' AS policy,
       a.event #>> '{policy,sha256}' AS policy_sha256, a.event ->> 'detector' AS detector,
       a.event -> 'entities' AS entities, (a.event ->> 'bytes_in')::bigint AS bytes_in,
       (e.event ->> 'bytes_out')::bigint AS bytes_out, (e.event ->> 'latency_ms_le')::bigint AS latency_ms_le
FROM audit_event a
-- A request has one end; of two the first counts.
LEFT JOIN LATERAL (
    SELECT seq, event_time, event FROM audit_event
    WHERE tenant = a.tenant AND request_id = a.request_id AND kind = 'ended' ORDER BY seq LIMIT 1
) e ON a.kind = 'accepted'
CROSS JOIN LATERAL (
    SELECT coalesce(nullif(e.event -> 'target', 'null'), nullif(a.event -> 'target', 'null')) AS target
) t
WHERE a.kind IN ('accepted', 'refused');

GRANT SELECT ON audit_event, audit_request TO cordon_app, cordon_auditor;
