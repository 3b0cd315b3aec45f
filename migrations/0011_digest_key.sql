-- The key of a tenant's digests in the log, wrapped by a key that comes from the
-- master key. Deleting the row makes the digests meaningless and changes no record.
CREATE TABLE audit_digest_key (
    tenant     text PRIMARY KEY,
    key_id     uuid NOT NULL UNIQUE,
    wrapped    bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT "a wrapped key is a nonce of 12 bytes, a key of 32, a tag of 16"
        CHECK (octet_length(wrapped) = 60)
);
-- No update: a key is never exchanged, only destroyed. No auditor sees it.
GRANT SELECT, INSERT, DELETE ON audit_digest_key TO cordon_app;

-- The first end that says what happened; one that the reaper wrote in its place
-- counts where there is no other.
CREATE OR REPLACE VIEW audit_request WITH (security_invoker = true) AS
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
LEFT JOIN LATERAL (
    SELECT seq, event_time, event FROM audit_event
    WHERE tenant = a.tenant AND request_id = a.request_id AND kind = 'ended'
    ORDER BY event ->> 'outcome' = 'unknown', seq LIMIT 1
) e ON a.kind = 'accepted'
CROSS JOIN LATERAL (
    SELECT coalesce(nullif(e.event -> 'target', 'null'), nullif(a.event -> 'target', 'null')) AS target
) t
WHERE a.kind IN ('accepted', 'refused');
